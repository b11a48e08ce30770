"""Pages of the figures: a period at a glance, one indicator, its facts, its hours, the day, the people, the cost."""

from titulaire.support.dashboards.views.advisers import (
    adviser_numbers,
    adviser_tie,
    adviser_untie,
    dashboard_adviser,
    dashboard_advisers,
    own_figures,
)
from titulaire.support.dashboards.views.hours import dashboard_hours
from titulaire.support.dashboards.views.indicator import indicator_page
from titulaire.support.dashboards.views.intraday import dashboard_intraday
from titulaire.support.dashboards.views.mails import subscription_end, subscription_new, subscriptions
from titulaire.support.dashboards.views.penalties import penalties_month
from titulaire.support.dashboards.views.period import dashboard_month, dashboard_workbook
from titulaire.support.dashboards.views.rows import indicator_rows, indicator_rows_named

__all__ = [
    "adviser_numbers",
    "adviser_tie",
    "adviser_untie",
    "dashboard_adviser",
    "dashboard_advisers",
    "dashboard_hours",
    "dashboard_intraday",
    "dashboard_month",
    "dashboard_workbook",
    "indicator_page",
    "indicator_rows",
    "indicator_rows_named",
    "own_figures",
    "penalties_month",
    "subscription_end",
    "subscription_new",
    "subscriptions",
]
