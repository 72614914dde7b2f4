"""Text in, classification out: `Classifier` for intake's use cases, `Classification` and `Evidence` for others."""

from services.intake.classify.classifier import Classifier
from services.intake.classify.model import Classification, Evidence, RulesError

__all__ = ["Classification", "Classifier", "Evidence", "RulesError"]
