"""A dotted path of a function from outside the notebook comes in; what a call of it does goes out.

What stands here is known to do no more than its row says. A function that is in no row may change
all that it is given. Sources of the rows are the libraries' own references.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import lru_cache

#: What statements share without naming it. In angle brackets, so that it is no name of Python's.
NUMPY_RANDOM = "<numpy's random state>"
PYTHON_RANDOM = "<Python's random state>"
TORCH_RANDOM = "<torch's random state>"
FILES = "<files>"
SETTINGS = "<settings>"
FIGURE = "<the current figure>"
RANDOM = frozenset({NUMPY_RANDOM, PYTHON_RANDOM, TORCH_RANDOM})
NOTHING: frozenset[str] = frozenset()

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
            (of the first argument), ``figure`` (something that is drawn on), ``settings``.
        kind: what sort of object the result is, which tells what its methods do: one of ``KINDS``.
        consumes: goes through its arguments, and so uses iterators up.
        out: the position of the argument that the result is put into, if it is given; 0 for none.
    """

    mutates: tuple[int, ...] = ()
    draws: frozenset[str] = NOTHING
    seeds: frozenset[str] = NOTHING
    reads: frozenset[str] = NOTHING
    changes: frozenset[str] = NOTHING
    result: str = "data"
    kind: str = "data"
    consumes: bool = False
    out: int = 0


#: Kinds of objects, by which methods are looked up.
KINDS = frozenset({"data", "estimator", "module", "object", "generator", "figure", "loader"})


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


#: Known modules of which a function in no row is unknown.
_PARTLY = frozenset({"sklearn", "pandas", "torch", "torchvision", "os", "builtins", "decimal"})


def speaks_of_settings(name: str) -> bool:
    """Whether a function that is not known may set something for good, going by its name."""
    return bool(_SPEAKS_OF_SETTINGS.match(name))


# --- methods --------------------------------------------------------------------------------------

#: Methods that change the object they are called on and nothing else; torch's in-place ones end
#: with "_".
MUTATING_METHODS = frozenset(
    "append appendleft add clear discard extend extendleft fill insert itemset load_state_dict "
    "move_to_end partition pop popitem popleft put read readline readlines remove resize reverse "
    "rotate setdefault setflags sort subtract update write writelines writerow writerows "
    "intersection_update difference_update symmetric_difference_update __setitem__ __setattr__ "
    "__iadd__ __delitem__ shuffle seek truncate".split()
)
#: Methods that change their argument too.
FILLING_METHODS = frozenset({"shuffle", "readinto", "recv_into", "pack_into"})
_MUTATING_PREFIXES = ("set_", "add_", "register_", "remove_", "update_")

#: Methods that only read, whatever object has them.
READING_METHODS = frozenset(
    # text
    "capitalize casefold center encode decode endswith startswith expandtabs find format "
    "format_map index isalnum isalpha isdigit islower isspace istitle isupper join ljust lower "
    "lstrip maketrans rfind rindex rjust rpartition rsplit rstrip split splitlines strip swapcase "
    "title translate upper zfill removeprefix removesuffix isnumeric isidentifier count "
    # containers
    "copy get items keys values union intersection difference symmetric_difference issubset "
    "issuperset isdisjoint most_common elements "
    # numbers, arrays and tensors
    "abs all any argmax argmin argsort astype clip clone contiguous cos cpu cross "
    "cummax cummin cumprod cumsum detach diag diagonal diff dim dot eq equal erf exp "
    "expand expand_as flatten flip floor gather ge gt histc imag index_select inverse "
    "is_contiguous is_cuda isclose isfinite isinf isnan item itemsize ndim le log log10 log2 "
    "log_softmax logsumexp long lt masked_select matmul max mean median min mm mul multiply "
    "nan_to_num narrow ne neg nelement nonzero norm numel numpy ones_like outer permute pow prod "
    "quantile ravel real reciprocal relu repeat repeat_interleave reshape round rsqrt select "
    "sigmoid sign sin size softmax sqrt squeeze std sub sum swapaxes t tan tanh tile to_dense "
    "to_numpy tobytes tolist topk trace transpose tril triu type_as unbind unfold unique unsqueeze "
    "var view view_as take searchsorted compress choose conj newbyteorder is_integer bit_length "
    "as_integer_ratio hex "
    # frames
    "agg aggregate applymap assign at_time between corr corrwith cov crosstab describe drop "
    "drop_duplicates dropna dtypes duplicated explode ffill bfill fillna filter first groupby head "
    "idxmax idxmin info interpolate isin isna isnull iterrows itertuples join kurt last mad melt "
    "memory_usage merge mode nlargest notna notnull nsmallest nth nunique pct_change pipe pivot "
    "pivot_table query rank reindex rename replace resample reset_index rolling sample sem "
    "set_axis set_index shift skew sort_index sort_values stack strftime swaplevel tail to_dict "
    "to_frame to_html to_list to_markdown to_numpy to_period to_records to_series to_string "
    "to_timestamp total_seconds tz_convert tz_localize unstack value_counts where mask xs "
    "expanding ewm select_dtypes add_prefix add_suffix idxmax combine_first contains "
    # estimators
    "predict predict_proba predict_log_proba decision_function score transform inverse_transform "
    "get_params get_feature_names get_feature_names_out kneighbors staged_predict score_samples "
    # modules
    "parameters named_parameters buffers named_buffers modules named_modules children "
    "named_children state_dict get_parameter extra_repr is_floating_point get_device data_ptr "
    "get_weights summary count_parameters get_config "
    # figures that are asked, dates, paths, files
    "get_xlabel get_ylabel get_title get_legend get_lines get_xlim get_ylim get_xdata get_ydata "
    "get_figure get_xticks get_yticks get_texts get_text get_position "
    "date time isoformat timestamp weekday isoweekday now today utcnow fromtimestamp strptime "
    "exists is_file is_dir resolve absolute as_posix with_suffix with_name relative_to joinpath "
    "getvalue fileno tell readable writable group groups groupdict span start end match search "
    "findall finditer fullmatch".split()
)

#: Functions and methods that look names of the caller's up in a text: behind "@", as frames do, or
#: any word of it, as formulas of statistics and queries on frames do.
NAMING_BY_SIGN = frozenset({"query", "eval"})
NAMING_BY_WORD = frozenset(
    "evaluate sql sqldf ols gls wls glm glsar logit probit poisson mnlogit mixedlm rlm quantreg "
    "phreg gee negativebinomial dmatrix dmatrices from_formula".split()
)

READS_FILES_METHODS = frozenset("read_text read_bytes glob iterdir rglob stat exists open".split())
WRITES_FILES_METHODS = frozenset(
    "write writelines writerow writerows truncate flush close commit "
    "write_text write_bytes mkdir touch unlink rmdir rename to_csv to_json to_excel to_pickle "
    "to_parquet to_feather to_hdf to_stata to_latex save savefig dump export save_pretrained "
    "save_weights save_model tofile open".split()
)
#: Arguments of functions, by name, that are generators of random numbers.
GENERATOR_ARGUMENTS = frozenset({"random_state", "rng", "generator"})
#: Methods of frames that draw on the current figure.
DRAWING_METHODS = frozenset("plot hist boxplot".split())
#: Methods of figures and axes that draw what they are given, and leave it.
DRAWN_ON_METHODS = frozenset(
    "imshow matshow scatter bar barh bar_label contour contourf clabel errorbar fill fill_between "
    "pcolor pcolormesh axhline axvline axhspan axvspan annotate text figtext legend colorbar "
    "quiver stem step pie violinplot plot_surface plot_wireframe scatter3D plot3D tick_params grid "
    "twinx suptitle tight_layout subplots_adjust add_subplot add_patch add_axes add_artist loglog "
    "semilogx semilogy hist2d hexbin streamplot table arrow margins autoscale invert_yaxis "
    "invert_xaxis axis locator_params autofmt_xdate label_outer bxp stairs eventplot".split()
)
#: Methods of theirs that set how something looks.
DRAWN_SETTERS = re.compile(
    r"set_(title|suptitle|[xyz]\w+|axis\w*|aspect|visible|color|label|facecolor|edgecolor|linewidth"
    r"|linestyle|alpha|theta\w*|clim|cmap|size_inches|dpi|position|fontsize|rotation|prop_cycle)"
)
#: Methods that go back through what a tensor was computed from.
BACKWARD_METHODS = frozenset({"backward"})


def mutates_receiver(method: str) -> bool:
    """Whether a method of this name changes the object it is called on, and nothing else."""
    in_place = method.endswith("_") and not method.endswith("__")
    return method in MUTATING_METHODS or in_place or method.startswith(_MUTATING_PREFIXES)


def method_reads(method: str, kinds: frozenset[str]) -> bool:
    """Whether a method of this name leaves an object of one of these kinds, and its arguments.

    Args:
        kinds: what sorts of object it may be; empty if nothing is known of it.
    """
    if method in READING_METHODS:
        return True
    if mutates_receiver(method) or method in BACKWARD_METHODS:
        return False
    return bool(kinds) and kinds <= {"data"}


def method_changes_receiver_only(method: str, kinds: frozenset[str]) -> bool:
    """Whether a method of this name may change its object but none of its arguments."""
    if mutates_receiver(method) or method in DRAWN_ON_METHODS:
        return True
    keepers = {"estimator", "module", "generator", "figure", "data"}
    return bool(kinds) and kinds <= keepers and not (method == "apply" and "module" in kinds)
