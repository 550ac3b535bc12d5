"""The project's own errors. Each message says what is wrong, where, and what to do about it.

Exception
├── DpoMathError                  the user's input, settings or stored data
│   ├── DamagedDataError
│   ├── DatasetError
│   ├── EvaluationError
│   │   └── GateRefusedError      stages.release
│   ├── LogFormatError
│   │   └── LimitError            traces.limits
│   ├── MachineError
│   ├── ParseError                verifier.syntax.errors
│   ├── TrainingError
│   └── VerifierLimitError
└── InternalError                 caught within the package: a way to an answer that ends
    ├── DeadlineExceededError     verifier.algebra.budget
    ├── InsufficientPrecisionError  verifier.backends.evaluation
    ├── NotASetError              verifier.algebra.intervals
    ├── NotMathematicsError       verifier.syntax.grammar.stream
    ├── RecordError               traces.trace_rows
    ├── UndefinedValueError       verifier.algebra.budget
    ├── UnknownValueError         verifier.algebra.budget
    ├── _BeyondError              verifier.backends.symbolic
    └── _NoFormulaError           verifier.syntax.logic
"""


class DpoMathError(Exception):
    """Base of every error that is about the user's input or settings and not about our code."""


class DamagedDataError(DpoMathError):
    """Stored data that is not what was written."""


class DatasetError(DpoMathError):
    """Pairs or prompts that cannot make a training set."""


class EvaluationError(DpoMathError):
    """Samples or pass rates that cannot be produced or compared."""


class LogFormatError(DpoMathError):
    """A log export that cannot be read as a whole (a single bad line is quarantined instead)."""


class MachineError(DpoMathError):
    """The machine, and no text: a worker process that cannot be started or kept alive."""


class TrainingError(DpoMathError):
    """Settings, data or a training run that cannot give a good checkpoint."""


class VerifierLimitError(DpoMathError):
    """An answer that exceeds a limit of the verifier: length, nesting, digits, exponent or size."""


class InternalError(Exception):
    """Base of what is raised and caught within the package, and reaches nobody outside of it."""
