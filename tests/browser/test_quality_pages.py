"""The pages of quality in a browser: accessible, and readable on a small screen; the demonstration tells them."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from titulaire.identity.models import Contract, Membership, User
from titulaire.identity.roles import Role
from titulaire.identity.tests.factories import contract as make_contract
from titulaire.identity.tests.factories import hold
from titulaire.identity.tests.factories import organisation
from titulaire.portal.demo.quality import inspect
from titulaire.support.facts.connectors import find_connector
from titulaire.support.facts.services import import_file
from titulaire.support.facts.tests.conftest import acd_csv, row
from titulaire.support.quality.models import Calibration, Evaluation
from titulaire.support.quality.queries import replay
from titulaire.ui.tests.browser.audit import audit, reflow

