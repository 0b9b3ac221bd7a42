"""The catalogue as static pages: an index with filters, a page per claim, hubs, laws and the dose gaps. It looks nothing up."""

from exoresist.report.site.pages import write_site

__all__ = ["write_site"]
