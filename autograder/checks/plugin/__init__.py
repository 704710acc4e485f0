"""The pytest plugins that turn collected functions into checks, and their outcomes into results.

``model`` is what they speak of, without pytest; ``collecting`` (with ``reading``, ``sources``,
``flaws``, ``ordering``), ``fixtures``, ``outcomes`` and ``loop`` are hooks, one concern each;
``collected`` is what they share; ``cached`` looks up and keeps outcomes.
"""
