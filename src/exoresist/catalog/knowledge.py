"""Records of what documents claim and what is known besides: claims, hubs, edges, signals, the mission, names.

One frozen dataclass per table, with the table's columns as fields; the tables themselves are listed in `records`.
"""

from __future__ import annotations

from dataclasses import dataclass

Words = tuple[str, ...]


@dataclass(frozen=True)
class Axis:
    """A reported axis of vesicle-borne resistance or sensitivity; `reported_direction` is never a model's input."""

    id: str
    seed: str
    locator: str
    reference: str
    reference_citation: str
    cancer: str
    donor: str
    recipient: str
    drugs: Words
    cargo: str
    cargo_type: str
    path: str
    reported_direction: str
    effect: str
    validation: str
    confidence: str
    sign_by: str
    flags: Words
    note: str
    source: str


@dataclass(frozen=True)
class Claim:
    """One claim of one of the five reviews, as it stands there: what is said of a cargo, and by whom its signs were fixed.

    `reported_direction` is never a model's input. Lists are separated by `;`; what a document does not say is `not stated`.
    """

    id: str
    seed: str
    locator: str
    reference: str
    citation: str
    cancer: str
    donor: str
    recipient: str
    donor_context: str
    recipient_context: str
    drugs: Words
    cargo: str
    cargo_printed: str
    cargo_type: str
    path: str
    reported_direction: str
    effect: Words
    validation: Words
    confidence: str
    sign_by: str
    assumed_link: str
    correction: str
    linked: Words
    conflicts: str
    flags: Words
    note: str
    read_twice: str


@dataclass(frozen=True)
class Hub:
    """A node that acts on the cell: the process whose rate it multiplies, and the sign.

    process  repair, tolerance, efflux, drug_export, ...; immune and vascular need more than a dish; `none`: no known action
    sign     +1: more of the node raises the process; -1: lowers it
    context  where the sign depends on the context: the one taken here
    """

    id: str
    name: str
    process: str
    sign: str
    context: str
    reference: str
    note: str


@dataclass(frozen=True)
class Edge:
    """A signed edge between two nodes, stored once."""

    origin: str
    target: str
    sign: str
    context: str
    reference: str
    note: str


@dataclass(frozen=True)
class MetabolicHub:
    """What a node does when metabolism is modelled, in place of its action as a hub: the processes that it drives, and the sign.

    processes  names of metabolic processes, all multiplied by the node
    """

    id: str
    processes: Words
    sign: str
    reference: str
    note: str


@dataclass(frozen=True)
class Factor:
    """A soluble factor of the medium: a cytokine, a growth factor, a metabolite. Its numbers stand in the parameters table."""

    id: str
    name: str
    identifier: str
    source: str
    note: str


@dataclass(frozen=True)
class ContextSign:
    """What is different in a context: the sign of a hub's action (`target` none), or of an edge from `node` to `target`.

    context  the name that scenarios and claims give; one context may have several rows
    process  of a hub's row: what it acts on in this context; none for an edge
    claims   the claims that were read in this context
    """

    id: str
    context: str
    node: str
    target: str
    process: str
    sign: str
    claims: Words
    reference: str
    note: str


@dataclass(frozen=True)
class Signal:
    """One wire between cells: what reaches the cells of a kind, and what it changes there. Scenarios ask for a whole group.

    origin    a factor, a received cargo, a node of the same cell, a cell line (its density around), `line.node` (density times
              activity), `on_vesicles:X` or `on_cells:X` (a surface ligand that acts from outside), `tumour` (tumour cells around),
              `damage` (by drugs), or a stress
    cells     the cell lines in which it acts; `tumour` stands for every tumour line
    target    a node; `hub` (the origin acts as its hub row says); or a process: `killing`, `growth`, `factor_secretion(X)`,
              `rna_synthesis(X)`, `antigen_synthesis(X)`, `switching(line)`
    receptor  the cargo that receives it; an antibody on it blocks the wire
    """

    id: str
    group: str
    origin: str
    cells: Words
    target: str
    sign: str
    receptor: str
    reference: str
    note: str


@dataclass(frozen=True)
class Synonym:
    """A node's other name."""

    node: str
    canonical: str
    reason: str


@dataclass(frozen=True)
class Surrogate:
    """A modelled drug that stands in for one that is only named, so that a claim about it can be run."""

    drug: str
    surrogate: str
    reason: str


@dataclass(frozen=True)
class MissionEntry:
    """A mechanism, intervention or biomarker that the documents ask for, and what carries it here.

    status      executable: a test of `shown_by` (pytest node ids) shows its acceptance direction; recorded: `reason` says why not yet
    realisation the processes, hubs, interventions or populations that carry it; `where_it_will_run`: what a recorded one waits for
    """

    id: str
    name: str
    category: str
    status: str
    realisation: str
    shown_by: Words
    reason: str
    where_it_will_run: str
    claims: Words
    note: str


@dataclass(frozen=True)
class Retraction:
    """A cited work that was looked up in the list of retracted PubMed numbers, or is known to be retracted.

    seed, reference  where a document cites it, as its claims print the reference; empty for a source of the catalogue only
    retracted        yes or no, by everything known; `listed`: whether the list holds its PubMed number
    """

    work: str
    pmid: str
    doi: str
    seed: str
    reference: str
    retracted: str
    listed: str
    known_from: str
    slice: str
    note: str


@dataclass(frozen=True)
class Identifier:
    """What a name of the tables is called elsewhere; where nothing stands, `reason` says why.

    kind        gene, miRNA, circRNA, drug, disease, cell_type, process, ...
    identifier  `HGNC:40`; empty where no public table at hand has the thing
    match       exact; broad: the identifier is of something wider (the gene of a splice form, the cell of a tumour); none
    how         exact name, previous_name of HGNC, override by hand, precursor (a miRNA without its arm), tumour_cell, own_namespace
    related     identifiers of what belongs to it: the disease of a cell, the host gene of a circular RNA, the target of a siRNA
    slice       which release of the tables it was found in
    """

    name: str
    kind: str
    namespace: str
    identifier: str
    label: str
    match: str
    how: str
    related: Words
    reason: str
    slice: str


@dataclass(frozen=True)
class Alias:
    """What a text as printed means here, with the reason; an empty `id` means that the text is ambiguous."""

    text_as_printed: str
    id: str
    namespace: str
    reason: str
