"""The words: every enum and status that the product stores or shows, each with its nearest FHIR name.

A member's value is what the database keeps; its ``label`` is what people read. The words stand in files by noun and are
imported from here.
"""

from practicerunner.vocabulary.acting import *
from practicerunner.vocabulary.billing import *
from practicerunner.vocabulary.calendar import *
from practicerunner.vocabulary.cases import *
from practicerunner.vocabulary.disclosures import *
from practicerunner.vocabulary.documentation import *
from practicerunner.vocabulary.forms import *
from practicerunner.vocabulary.messages import *
from practicerunner.vocabulary.people import *
from practicerunner.vocabulary.permissions import *
from practicerunner.vocabulary.reports import *
from practicerunner.vocabulary.word import *
