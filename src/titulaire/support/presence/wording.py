"""How mornings and plans are said."""

from __future__ import annotations

from titulaire.deadlines.clocks import State as ClockState
from titulaire.support.presence.rules import Cause, Origin, State
from titulaire.ui.tables import Status

STATES = {
    State.AHEAD: Status("AHEAD", "à venir", "calm"),
    State.UNPLANNED: Status("UNPLANNED", "sans effectif prévu", "warn"),
    State.TO_COUNT: Status("TO_COUNT", "à compter", "warn"),
    State.NOT_COUNTED: Status("NOT_COUNTED", "non compté dans la matinée", "bad"),
    State.KEPT: Status("KEPT", "conforme", "good"),
    State.TO_EXPLAIN: Status("TO_EXPLAIN", "à expliquer", "warn"),
    State.UNEXPLAINED: Status("UNEXPLAINED", "à expliquer, en retard", "bad"),
    State.EXPLAINED: Status("EXPLAINED", "expliqué", "good"),
    State.EXPLAINED_LATE: Status("EXPLAINED_LATE", "expliqué en retard", "info"),
}
CAUSES = {
    Cause.ABSENCE: "Absence",
    Cause.LATENESS: "Retard",
    Cause.TRANSPORT: "Transports",
    Cause.TRAINING: "Formation ou réunion",
    Cause.TOOLS: "Panne d’outil",
    Cause.VACANCY: "Poste non pourvu",
    Cause.REINFORCEMENT: "Renfort décidé",
    Cause.OTHER: "Autre",
}
ORIGINS = {Origin.FACTS: "A : états des conseillers", Origin.ENTERED: "C : déclaré"}
PLAN_STATES = {
    ClockState.RUNNING: Status("RUNNING", "à annoncer", "info"),
    ClockState.AMBER: Status("AMBER", "à annoncer sans tarder", "warn"),
    ClockState.LATE: Status("LATE", "annonce en retard", "bad"),
    ClockState.MET: Status("MET", "annoncée", "good"),
}
SENT_LATE = Status("SENT_LATE", "annoncée en retard", "warn")
