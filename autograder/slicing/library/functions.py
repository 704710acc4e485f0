"""A dotted path of a function from outside the notebook comes in; what a call of it does goes out.

What stands here is known to do no more than its row says. A function that is in no row may change
all that it is given. Sources of the rows are the libraries' own references.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache

from autograder.slicing.library.resources import (
    FIGURE,
    FILES,
    NUMPY_RANDOM,
    PYTHON_RANDOM,
    RANDOM,
    SETTINGS,
    TORCH_RANDOM,
)

#: Positions of all arguments.
ALL = (-1,)


@dataclass(frozen=True)
class Known:
    """What a call does beside giving a result.

    Attributes:
        mutates: the positions of the arguments that it changes; ``ALL`` for each, and all that can
            be reached through it.
        draws: random states that it takes numbers from.
        seeds: what it sets to a state that does not depend on the one before.
        reads: what else the result follows from.
        changes: what else it changes.
        result: ``data`` (numbers, text, arrays, frames, containers of such, made anew), ``view``
            (the first argument itself, or one that shares its memory), ``holds`` (something that
            keeps its arguments), ``iterator`` (the same, used up by going through it), ``part``
            (of the first argument), ``parts`` (a container of the parts of its arguments), ``copy``
            (the first argument once more, with all that is inside), ``figure`` (something that is
            drawn on), ``settings``.
        kind: what sort of object the result is, which tells what its methods do: one of ``KINDS``.
        consumes: goes through its arguments, and so uses iterators up.
        out: the position of the argument that the result is put into, if it is given; 0 for none.
    """

    mutates: tuple[int, ...] = ()
    draws: frozenset[str] = frozenset()
    seeds: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    result: str = "data"
    kind: str = "data"
    consumes: bool = False
    out: int = 0


#: Kinds of objects, by which methods are looked up.
KINDS = frozenset({"data", "estimator", "module", "object", "generator", "figure", "loader"})
#: Arguments of functions, by name, that are generators of random numbers.
GENERATOR_ARGUMENTS = frozenset({"random_state", "rng", "generator"})


def _set(*resources: str) -> frozenset[str]:
    return frozenset(resources)


_NUMPY, _PYTHON, _TORCH = _set(NUMPY_RANDOM), _set(PYTHON_RANDOM), _set(TORCH_RANDOM)
_FILES, _SETTINGS, _FIGURE = _set(FILES), _set(SETTINGS), _set(FIGURE)

_PURE = Known(consumes=True)
_FIRST = Known(mutates=(0,))
_VIEW = Known(result="view")
_HOLDS = Known(result="holds", kind="object")
_ITERATOR = Known(result="iterator", kind="object")
_SETS = Known(changes=_SETTINGS)
_READS_FILES = Known(reads=_FILES)
_WRITES_FILES = Known(reads=_FILES, changes=_FILES)
_DRAWN = Known(reads=_FIGURE, changes=_FIGURE, result="figure", kind="figure")

#: Patterns of whole paths, the first that matches counts.
_ROWS: tuple[tuple[str, Known], ...] = (
    # --- random numbers ---
    (r"numpy\.random\.(seed|set_state)", Known(seeds=_NUMPY)),
    (r"numpy\.random\.get_state", Known(reads=_NUMPY)),
    (
        r"numpy\.random\.(default_rng|Generator|RandomState|SeedSequence|MT19937|PCG64\w*|Philox)",
        Known(result="holds", kind="generator"),
    ),
    (r"numpy\.random\.shuffle", Known(mutates=(0,), draws=_NUMPY)),
    (r"numpy\.random\.\w+", Known(draws=_NUMPY)),
    (r"scipy\.stats\..*rvs", Known(draws=_NUMPY)),
    (r"random\.(seed|setstate)", Known(seeds=_PYTHON)),
    (r"random\.(Random|SystemRandom)", Known(result="holds", kind="generator")),
    (r"random\.shuffle", Known(mutates=(0,), draws=_PYTHON)),
    (r"random\.(choice|choices|sample)", Known(draws=_PYTHON, result="holds", kind="data")),
    (r"random\.\w+", Known(draws=_PYTHON)),
    (r"torch\.(random\.)?(manual_seed|set_rng_state)", Known(seeds=_TORCH)),
    (r"torch\.(cuda|mps|xpu)\..*", Known()),
    (r"torch\.Generator", Known(result="holds", kind="generator")),
    (
        r"torch\.(rand|randn|randint|rand_like|randn_like|randint_like|randperm|normal|bernoulli"
        r"|multinomial|poisson|dropout|rrelu)",
        Known(draws=_TORCH),
    ),
    (
        r"torch\.nn\.functional\.(\w*dropout\w*|rrelu|gumbel_softmax|scaled_dot_product_attention"
        r"|multi_head_attention_forward)",
        Known(draws=_TORCH),
    ),
    # --- torch ---
    (r"torch\.nn\.functional\.(batch_norm|instance_norm)", Known(mutates=(1, 2))),
    (r"torch\.nn\.init\.\w+_", Known(mutates=(0,), draws=_TORCH, result="view")),
    (r"torch\.nn\.utils\.(parameters_to_vector|rnn\..*)", Known()),
    (r"torch\.nn\.utils\..*", Known(mutates=ALL, result="view")),
    (r"torch\.nn\.(parameter\.)?Parameter", _VIEW),
    (
        r"torch\.nn\.([\w.]+\.)?[A-Z]\w*|torchvision\.models\..*",
        Known(draws=_TORCH, result="holds", kind="module"),
    ),
    (r"torch\.optim\.lr_scheduler\.\w+", Known(mutates=(0,), result="holds", kind="object")),
    (r"torch\.optim\.\w+", _HOLDS),
    (r"torch\.utils\.data\.random_split", Known(draws=_TORCH, result="holds", kind="loader")),
    (r"torch\.utils\.data\.([\w.]+\.)?[A-Z]\w*", Known(result="holds", kind="loader")),
    (r"torch\.utils\.data\.default_collate", Known()),
    (r"torch\.(save|jit\.save|onnx\.export)", _WRITES_FILES),
    (r"torch\.(jit\.)?load", Known(reads=_FILES, result="holds", kind="object")),
    (r"torch\.(from_numpy|as_tensor|asarray|as_strided|reshape|ravel|squeeze|unsqueeze|t)", _VIEW),
    (r"torch\.(transpose|permute|flatten|split|chunk|unbind|narrow|select|view_as_\w+)", _VIEW),
    (r"torch\.(no_grad|enable_grad|inference_mode|autocast|device|dtype)", Known()),
    (
        r"torch\.(set_\w+|use_deterministic_algorithms|backends\..*|autograd\.set_\w+"
        r"|multiprocessing\.\w+)",
        _SETS,
    ),
    (r"torch\.autograd\.backward", Known(mutates=ALL)),
    (r"torch\.(compile|jit\.\w+|func\..*|vmap)", _HOLDS),
    (r"torch\.\w*[^_]_", Known(mutates=(0,), result="view")),
    (
        r"torchvision\.datasets\..*",
        Known(reads=_FILES, changes=_FILES, result="holds", kind="loader"),
    ),
    (r"torchvision\.transforms\..*[A-Z]\w*", _HOLDS),
    (r"(torch|torchvision)\.[\w.]*[a-z_0-9]", Known()),
    # --- numpy and scipy ---
    (
        r"numpy\.(copyto|put|place|putmask|fill_diagonal|put_along_axis)|numpy\.\w+\.at"
        r"|numpy\.random\.Generator\.shuffle",
        _FIRST,
    ),
    (r"numpy\.(save|savez\w*|savetxt)", _WRITES_FILES),
    (r"numpy\.(load|loadtxt|genfromtxt|fromfile|memmap)", _READS_FILES),
    (r"numpy\.(seterr\w*|set_printoptions|setbufsize)", _SETS),
    (
        r"numpy\.(asarray|asanyarray|ascontiguousarray|ravel|reshape|squeeze|transpose|swapaxes"
        r"|moveaxis|atleast_\w+|broadcast_to|expand_dims|diagonal|diag|\w*split|real|imag|flip\w*"
        r"|rot90|require|frombuffer|nditer|ndenumerate|lib\..*|matrix|ma\..*)",
        _VIEW,
    ),
    (r"numpy\.(vectorize|frompyfunc|poly1d)", _HOLDS),
    (
        r"numpy\.(abs|absolute|fabs|negative|positive|exp2?|expm1|log|log2|log10|log1p|sqrt|cbrt"
        r"|square|reciprocal|sign|(arc)?(sin|cos|tan)h?|deg2rad|rad2deg|degrees|radians|floor|ceil"
        r"|trunc|rint|isnan|isinf|isfinite|signbit|conj|conjugate|logical_not|invert|bitwise_not"
        r"|spacing)",
        Known(consumes=True, out=1),
    ),
    (
        r"numpy\.(add|subtract|multiply|(true_|floor_)?divide|(float_)?power|f?mod|remainder|dot"
        r"|f?max|f?min|amax|amin|maximum|minimum|hypot|arctan2|logaddexp2?|(greater|less)(_equal)?"
        r"|(not_)?equal|logical_(and|or|xor)|bitwise_(and|or|xor)|(left|right)_shift|copysign"
        r"|nextafter|ldexp|heaviside|gcd|lcm|matmul|outer|round|around|concatenate|stack|all|any"
        r"|argmax|argmin|median|choose)",
        Known(consumes=True, out=2),
    ),
    (
        r"numpy\.(clip|sum|prod|mean|std|var|cumsum|cumprod|take|\w+\.(reduce|accumulate))",
        Known(consumes=True, out=3),
    ),
    (r"numpy\..*", _PURE),
    (r"scipy\.(io|sparse)\.(load|read|mm)\w*|scipy\.io\.wavfile\.read", _READS_FILES),
    (r"scipy\.(io|sparse)\.(save|write|mm)\w*|scipy\.io\.wavfile\.write", _WRITES_FILES),
    (r"scipy\..*", _PURE),
    # --- pandas ---
    (r"pandas\.(set_option|reset_option|options\..*|set_eng_float_format)", _SETS),
    (r"pandas\.(read_\w+|ExcelFile|HDFStore)", Known(reads=_FILES)),
    (r"pandas\.ExcelWriter", Known(reads=_FILES, changes=_FILES, result="holds", kind="object")),
    (r"pandas\.plotting\..*", _DRAWN),
    (r"pandas\.(DataFrame|Series|Index|array)", Known(result="holds", consumes=True)),
    (r"pandas\..*", _PURE),
    # --- scikit-learn ---
    (r"sklearn\.(set_config|config_context)", _SETS),
    (r"sklearn\.(metrics|preprocessing|utils\.(multiclass|validation|extmath))\.[a-z]\w*", _PURE),
    (r"sklearn\.datasets\.(load|fetch)_\w+", Known(reads=_FILES)),
    (
        r"sklearn\.(pipeline|compose|ensemble|base)\.(make_\w+|clone)",
        Known(result="holds", kind="estimator"),
    ),
    (r"sklearn\.([\w.]+\.)?[A-Z]\w*Display(\.\w+)?", _DRAWN),
    (r"sklearn\.tree\.plot_tree", _DRAWN),
    (r"sklearn\.([\w.]+\.)?[A-Z]\w*", Known(result="holds", kind="estimator")),
    (r"sklearn\..*", Known(draws=_NUMPY, consumes=True)),
    # --- figures ---
    (
        r"matplotlib\.pyplot\.(figure|subplots|subplot_mosaic)",
        Known(seeds=_FIGURE, result="figure", kind="figure"),
    ),
    (r"matplotlib\.pyplot\.(show|pause|ion|ioff)", Known()),
    (
        r"(matplotlib\.(pyplot\.)?|pylab\.)(rc|rcdefaults|rc_file\w*|use|style\.use|rcParams\.\w+"
        r"|switch_backend|set_loglevel|xkcd)|seaborn\.(set|reset)\w*",
        _SETS,
    ),
    (  # they set the colour map of what is drawn from then on
        r"(matplotlib\.pyplot|pylab)\.(set_cmap|autumn|bone|cool|copper|flag|gray|hot|hsv|inferno"
        r"|jet|magma|nipy_spectral|pink|plasma|prism|spring|summer|viridis|winter)",
        Known(reads=_FIGURE, changes=_set(FIGURE, SETTINGS), result="figure", kind="figure"),
    ),
    (r"matplotlib\.(pyplot|image)\.imread", _READS_FILES),
    (
        r"matplotlib\.(pyplot|image)\.(savefig|imsave)",
        Known(reads=_set(FIGURE, FILES), changes=_FILES),
    ),
    (r"matplotlib\.(cm|colors|colormaps)\..*", Known()),
    (r"(matplotlib|mpl_toolkits|seaborn|plotly|bokeh|altair)\..*", _DRAWN),
    # --- the standard library ---
    (r"os\.(makedirs|mkdir)", Known(changes=_FILES)),
    (r"os\.(remove|unlink|rename|replace|rmdir|removedirs|symlink|link|utime|"
     r"truncate|open|write|mkfifo)", _WRITES_FILES),
    (r"os\.(listdir|walk|scandir|stat|lstat|access|readlink|getcwd|path\..*|read)", _READS_FILES),
    (r"os\.(chdir|fchdir|putenv|unsetenv|umask|nice)|os\.environ\.(update|setdefault|pop|clear|"
     r"__setitem__)", _SETS),
    (r"os\.\w+|os\.environ\.(get|keys|items|values|copy)", Known()),
    (r"sys\.(setrecursionlimit|setswitchinterval|set\w+)|sys\.(path|meta_path|path_hooks)\.\w+",
     _SETS),
    (r"sys\.(exit|exc_info|getsizeof|getrecursionlimit|intern|getrefcount)|sys\.std\w+\.\w+",
     Known()),
    (r"warnings\.(filterwarnings|simplefilter|resetwarnings)", _SETS),
    (r"warnings\.\w+", Known()),
    (r"locale\.setlocale|logging\.(basicConfig|disable|config\..*)", _SETS),
    (r"decimal\.(getcontext|setcontext)",
     Known(reads=_SETTINGS, changes=_SETTINGS, result="settings", kind="object")),
    (r"(shutil|tempfile|zipfile|tarfile|gzip|bz2|lzma)\..*",
     Known(reads=_FILES, changes=_FILES, result="holds", kind="object")),
    (r"urllib\.request\.urlretrieve", _WRITES_FILES),
    (r"glob\.\w+", _READS_FILES),
    (r"pathlib\.\w+", Known(result="holds", kind="data")),
    (r"json\.dump|pickle\.dump|joblib\.dump|csv\.(writer|DictWriter)\..*",
     Known(mutates=(1,), reads=_FILES, changes=_FILES)),
    (r"(json|pickle|tomllib|yaml)\.(load|safe_load)",
     Known(mutates=(0,), reads=_FILES, result="holds", kind="object")),
    (r"joblib\.load", Known(reads=_FILES, result="holds", kind="object")),
    (r"csv\.(reader|DictReader)", _ITERATOR),
    (r"csv\.(writer|DictWriter)", _HOLDS),
    (r"io\.\w+", _HOLDS),
    (r"sqlite3\.connect", Known(reads=_FILES, changes=_FILES, result="holds", kind="object")),
    (r"heapq\.(merge|nlargest|nsmallest)", _PURE),
    (r"heapq\.\w+|bisect\.insort\w*", _FIRST),
    (r"itertools\.\w+(\.from_iterable)?", _ITERATOR),
    (r"functools\.(partial|partialmethod|singledispatch|lru_cache|cache|wraps|cached_property|"
     r"total_ordering|cmp_to_key)", _HOLDS),
    (r"functools\.reduce", _PURE),
    (r"collections\.\w+", Known(result="holds", kind="data", consumes=True)),
    (r"copy\.(copy|replace)", Known(result="holds")),
    (r"copy\.deepcopy", Known(result="copy")),
    (r"(dataclasses|enum|abc|typing|contextlib|types)\.\w+(\.\w+)?", _HOLDS),
    (r"threading\.\w+|multiprocessing\.\w+|concurrent\.[\w.]+|asyncio\.\w+|queue\.\w+", _HOLDS),
    (
        r"(math|cmath|statistics|operator|string|re|textwrap|datetime|calendar|fractions|decimal|"
        r"numbers|hashlib|base64|struct|binascii|zlib|time|timeit|json|pickle|pprint|unicodedata|"
        r"html|difflib|inspect|traceback|platform|uuid|secrets|gc|array|keyword|ast|dis|tokenize|"
        r"__future__|logging|getpass|argparse|urllib|socket|locale|bisect|csv|sys)\..*",
        _PURE,
    ),
    # --- notebooks' own ---
    (r"tqdm\..*", _VIEW),
    (r"IPython\..*|ipywidgets\..*|google\.colab\..*|numba\..*|otter\..*", Known(result="holds")),
    (r"PIL\.Image\.open", Known(reads=_FILES)),
    (r"PIL\..*", Known()),
    # --- builtins ---
    (r"builtins\.(setattr|delattr|next)", Known(mutates=(0,), result="part", kind="object")),
    (r"builtins\.(memoryview|super)", _VIEW),
    (r"builtins\.getattr", Known(result="part", kind="object")),
    (r"builtins\.(iter|map|zip|filter|enumerate|reversed)", _ITERATOR),
    (r"builtins\.(list|tuple|set|frozenset|dict|sorted|max|min|sum)",
     Known(result="parts", consumes=True)),
    (r"builtins\.(property|staticmethod|classmethod|type)", _HOLDS),
    (r"builtins\.(all|any|bytes|bytearray)", _PURE),
    (r"builtins\.__import__|importlib\.import_module", Known()),
    (r"builtins\.(print|input|len|range|abs|ascii|bin|bool|breakpoint|"
     r"callable|chr|complex|dir|divmod|float|format|hasattr|hash|help|hex|id|int|isinstance|"
     r"issubclass|object|oct|ord|pow|repr|round|slice|str|vars|compile|exit|quit|display|"
     r"\w*(Error|Exception|Warning|Interrupt|Exit|Iteration))", Known()),
)  # fmt: skip

_COMPILED = tuple((re.compile(pattern), known) for pattern, known in _ROWS)
#: Known modules of which a function in no row is unknown.
_PARTLY = frozenset({"sklearn", "pandas", "torch", "torchvision", "os", "builtins", "decimal"})
#: `enable_halving_search_cv` lets others be imported, `mplot3d` adds a projection.
_SETS_BY_IMPORT = re.compile(r"sklearn\.experimental.*|mpl_toolkits\.mplot3d.*")
_SPEAKS_OF_SEED = re.compile(r"(^|_)seed|seed(_|$)", re.IGNORECASE)
_SPEAKS_OF_SETTINGS = re.compile(
    r"^(set|use|enable|disable|register|install)(_|[A-Z]|$)|^config(ure)?"
)


@lru_cache(maxsize=4096)
def known_function(path: str) -> Known | None:
    """What a call of the function or class at a dotted path does; None if it is not known."""
    found = next((known for pattern, known in _COMPILED if pattern.fullmatch(path)), None)
    if found is None and _SPEAKS_OF_SEED.search(path.rpartition(".")[2]):
        return Known(seeds=RANDOM)
    return found


def is_library(root: str) -> bool:
    """Whether a module's functions are known, so that it keeps no state that is not in a row."""
    return known_function(f"{root}.any_name") is not None or root in _PARTLY


def loads_quietly(root: str) -> bool:
    """Whether a module does nothing that others see when it is loaded."""
    return root in sys.stdlib_module_names or is_library(root)


def sets_by_import(module: str) -> bool:
    """Whether loading a module sets something for good, in itself or in others."""
    return bool(_SETS_BY_IMPORT.fullmatch(module))


def speaks_of_settings(name: str) -> bool:
    """Whether a function that is not known may set something for good, going by its name."""
    return bool(_SPEAKS_OF_SETTINGS.match(name))
