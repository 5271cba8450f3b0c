"""Visual-ERM: a generative reward model for vision-to-code, from exact labels to reinforcement.

Data flows one way: sources → pairs with exact reports → critic → benchmark → policy → promotion.
Each subpackage imports only from those before it:

    settings, errors, failures, servers
    images, fingerprint, tracking
    sources     refusals, markup and references inside sources
    tasks       what differs between chart, table and SVG, behind one contract
    report      lists of discrepancies and their published JSON form
    render      contained drawing of untrusted sources
    annotation  exact reports of two drawings
    dataset     pairs: Parquet, duplicates, validation
    endpoints   the clients of OpenAI-compatible servers and of reward servers
    models      Qwen3-VL: building, loading, training, generating
    benchmark   VC-RewardBench: formats, judges, scores, page
    critics     two images in, a report out
    rewards     what a completion earns
    policies    an image in, source code out
    synthesis   from sources to labelled pairs
    registry    packaging, serving and promoting models
    serving     the HTTP reward server
    cli         the command ``erm``

import-linter checks this order (``pyproject.toml``); docs/architecture.md describes it.
"""
