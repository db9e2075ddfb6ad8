"""Learning: what is counted of activities, the reports of it, and the models that follow."""

from offerd.services.learning.counting import Counting, Noted
from offerd.services.learning.models import ModelService
from offerd.services.learning.reports import ReportService

__all__ = ["Counting", "ModelService", "Noted", "ReportService"]
