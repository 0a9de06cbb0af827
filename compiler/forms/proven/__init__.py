"""Forms that were found by computing the reference for every input that there can be.

An int8 has 256 values, a pair of them 65,536: few enough to try. So a function of one is a table
of its outputs, and arithmetic that is far cheaper than the reference's may be taken
where it has been seen to give the same for all. They serve on every machine.
"""

from ...graph import OperatorCode
from ..form import Forms
from . import pairs, tables

FORMS: Forms = {
    OperatorCode.ADD: (tables.ONE_VARIABLE, pairs.SUM),
    OperatorCode.LOGISTIC: (tables.LOOKUP,),
    OperatorCode.MUL: (tables.ONE_VARIABLE, pairs.PRODUCT),
    OperatorCode.QUANTIZE: (tables.ONE_VARIABLE,),
    OperatorCode.RELU: (tables.ONE_VARIABLE,),
    OperatorCode.RELU6: (tables.ONE_VARIABLE,),
    OperatorCode.SUB: (tables.ONE_VARIABLE, pairs.SUM),
    OperatorCode.TANH: (tables.LOOKUP,),
}
"""By operator, the most special first."""
