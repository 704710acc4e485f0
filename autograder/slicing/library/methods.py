"""The name of a method, and what may have it, come in; whether it reads or changes that goes out.

Sources of the tables are the libraries' own references.
"""

from __future__ import annotations

import re

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

#: Methods and functions whose result shares memory with the object.
VIEWS = frozenset(
    "asarray as_tensor from_numpy ravel reshape squeeze unsqueeze transpose view".split()
)
#: Those that give one part of it, those that give the parts, and those that give them in pairs.
GETTERS = frozenset({"get", "setdefault", "pop", "popitem", "popleft"})
PARTS = frozenset("reversed sorted list tuple set dict values copy".split())
PAIRS = frozenset({"zip", "enumerate", "items"})
#: Methods that only read, and whose result is or holds what the object is made of.
HOLDERS = frozenset(
    "parameters named_parameters buffers named_buffers modules named_modules children "
    "named_children state_dict get_parameter get_lines get_legend get_figure get_texts get items "
    "values keys copy iterrows itertuples groupby rolling resample expanding pipe get_params "
    "staged_predict elements transform".split()
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
