"""How Sphinx builds these pages: `sphinx-build -W docs DIR`. Tutorials are run as they are built; a fault in one fails the build."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import exoresist

project = "exoresist"
author = "the exoresist developers"
project_copyright = "2026, the exoresist developers"
release = version = exoresist.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_copybutton", "law_pages", "plain_docstrings"]
exclude_patterns = ["_build", "_ext", "jupyter_execute"]
html_theme = "furo"
html_title = f"exoresist {release}"
html_copy_source = False
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["wide.css"]
# Nothing is fetched from elsewhere when a page is read: equations are MathML, fonts are the reader's own.
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#00558b", "color-brand-content": "#00558b"},
    "dark_css_variables": {"color-brand-primary": "#7cc4f0", "color-brand-content": "#7cc4f0"},
}

myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3
# Links to files of the repository that are no pages stay plain text links; a missing page or heading is an error.
suppress_warnings = ["myst.xref_missing"]

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 900
nb_execution_in_temp = True
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_class_signature = "separated"
