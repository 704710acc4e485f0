"""An answer's code comes in; the slips that students of data science make in it go out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from release.mutants.code import Change, Code, Mutation, called, inner
from release.mutants.operators import Operator, mutation

#: What is taken for one another, by the last part of its name.
_REDUCTIONS = {
    "mean": ("sum", "median"),
    "sum": ("mean",),
    "nanmean": ("mean",),
    "median": ("mean",),
    "max": ("min", "mean"),
    "min": ("max",),
    "amax": ("amin",),
    "amin": ("amax",),
    "argmax": ("argmin", "max"),
    "argmin": ("argmax", "min"),
    "std": ("var",),
    "var": ("std",),
    "all": ("any",),
    "any": ("all",),
    "prod": ("sum",),
    "cumsum": ("sum",),
    "count": ("sum",),
    "norm": ("sum",),
    "idxmin": ("idxmax", "min"),
    "idxmax": ("idxmin", "max"),
}
_CONFUSED = {
    "dot": ("multiply",),
    "multiply": ("dot",),
    "matmul": ("multiply",),
    "zeros": ("ones",),
    "ones": ("zeros",),
    "zeros_like": ("ones_like",),
    "ones_like": ("zeros_like",),
    "convolve": ("correlate",),
    "correlate": ("convolve",),
    "convolve2d": ("correlate2d",),
    "correlate2d": ("convolve2d",),
    "argsort": ("sort",),
    "sort": ("argsort",),
    "sorted": ("list", "set"),
    "append": ("extend",),
    "extend": ("append",),
    "softmax": ("log_softmax", "sigmoid"),
    "log_softmax": ("softmax",),
    "sigmoid": ("tanh",),
    "tanh": ("sigmoid",),
    "relu": ("sigmoid",),
    "ReLU": ("Sigmoid",),
    "GELU": ("Identity",),
    "cross_entropy": ("nll_loss", "mse_loss"),
    "nll_loss": ("cross_entropy",),
    "mse_loss": ("l1_loss",),
    "MaxPool2d": ("AvgPool2d",),
    "AvgPool2d": ("MaxPool2d",),
    "BatchNorm2d": ("Identity",),
    "LayerNorm": ("Identity",),
    "Dropout": ("Identity",),
    "Adam": ("SGD",),
    "AdamW": ("SGD",),
    "SGD": ("Adam",),
    "tril": ("triu",),
    "triu": ("tril",),
    "rand": ("randn",),
    "randn": ("rand",),
    "random": ("standard_normal",),
    "floor": ("ceil",),
    "ceil": ("floor",),
    "log": ("log2", "log10"),
    "log2": ("log",),
    "log10": ("log",),
    "exp": ("exp2",),
    "sqrt": ("square",),
    "square": ("sqrt",),
    "sin": ("cos",),
    "cos": ("sin",),
    "abs": ("negative",),
    "stack": ("cat", "concatenate", "hstack"),
    "concatenate": ("stack",),
    "cat": ("stack",),
    "vstack": ("hstack",),
    "hstack": ("vstack",),
    "keys": ("values",),
    "values": ("keys",),
    "head": ("tail",),
    "tail": ("head",),
    "nlargest": ("nsmallest",),
    "nsmallest": ("nlargest",),
    "ffill": ("bfill",),
    "bfill": ("ffill",),
    "union": ("intersection",),
    "intersection": ("union",),
    "upper": ("lower",),
    "lower": ("upper",),
    "strip": ("lstrip",),
    "startswith": ("endswith",),
    "endswith": ("startswith",),
    "permutation": ("arange",),
    "randperm": ("arange",),
    "multinomial": ("argmax",),
    "topk": ("sort",),
    "repeat": ("tile",),
    "tile": ("repeat",),
    "flatten": ("squeeze",),
    "squeeze": ("ravel",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "MultinomialNB": ("BernoulliNB",),
    "fit_transform": ("transform",),
    "most_common": ("items",),
    "scatter": ("plot",),
    "plot": ("scatter",),
    "bar": ("plot", "barh"),
    "xlabel": ("ylabel",),
    "ylabel": ("xlabel",),
    "set_xlabel": ("set_ylabel",),
    "set_ylabel": ("set_xlabel",),
}
#: Texts that choose one of several ways.
_WAYS = (
    ("same", "valid", "full"),
    ("reflect", "constant", "nearest", "wrap", "symmetric"),
    ("left", "right", "inner", "outer"),
    ("sum", "mean", "none"),
    ("train", "valid", "val", "test", "validation"),
    ("min", "max"),
    ("horizontal", "vertical"),
    ("first", "last"),
)
_AXES = frozenset(("axis", "dim", "dims", "axes"))
_TYPES = {
    "float32": ("float64", "int64"),
    "float64": ("float32", "int64"),
    "float": ("double", "int"),
    "double": ("float",),
    "long": ("int", "float"),
    "int64": ("int32", "float32"),
    "int32": ("int64",),
    "int": ("float",),
    "uint8": ("float32", "int64"),
    "bool": ("float",),
}
_MODES = {"eval": "train", "train": "eval"}
#: Calls in a training loop without which nothing, or the wrong thing, is learnt.
_STEPS = frozenset(
    ("zero_grad", "step", "backward", "eval", "clip_grad_norm_", "detach_", "detach")
)
_SEED = re.compile(r"seed|default_rng", re.IGNORECASE)
_BATCHES = frozenset(("batch_size",))
_LOADER = "DataLoader"


def _renamed(table: dict[str, tuple[str, ...]], name: str) -> Operator:
    """An operator that puts another function's name for one of a table."""

    def operator(code: Code, node: ast.AST) -> Iterator[Mutation]:
        if not isinstance(node, ast.Call):
            return
        for new in table.get(called(node), ()):
            yield from _with_name(code, node, name, new)

    return operator


def _with_name(code: Code, node: ast.Call, name: str, new: str) -> Iterator[Mutation]:
    end = code.span(node.func)[1]
    change = Change(end - len(called(node).encode()), end, new)
    yield from mutation(code, name, node.func, new, change)


def axes(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """Another axis; none; one that is kept."""
    if not isinstance(node, ast.keyword):
        return
    if node.arg in _AXES:
        for new in ("0", "1", "-1", "None"):
            if ast.dump(ast.parse(new).body[0].value) != ast.dump(node.value):  # type: ignore[attr-defined]
                yield from mutation(code, "axis", node, new, code.put(node.value, new))


def transposed(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """Rows for columns."""
    match node:
        case ast.Attribute(value=value, attr="T" | "mT" | "H"):
            text = code.cut(value)
            yield from mutation(code, "transposed", node, text, code.put(node, text))
        case ast.Return(value=ast.Name() | ast.Call() | ast.BinOp() | ast.Subscript() as value):
            if not any(isinstance(part, ast.ClassDef) for part in inner(node, code)):
                new = f"({code.cut(value)}).T"
                yield from mutation(code, "transposed", value, new, code.put(value, new))
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            for side in (left, right):
                new = f"({code.cut(side)}).T"
                yield from mutation(code, "transposed", side, new, code.put(side, new))


def types(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """Another type of numbers."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner), attr=attr) if attr in _TYPES:
            if owner in code.vocabulary.modules and not _is_called(code, node):
                for new in _TYPES[attr]:
                    text = f"{owner}.{new}"
                    yield from mutation(code, "dtype", node, text, code.put(node, text))
        case ast.Call(func=ast.Attribute(attr=attr)) if attr in _TYPES and not node.args:
            for new in _TYPES[attr]:
                yield from _with_name(code, node, "dtype", new)


def _is_called(code: Code, node: ast.AST) -> bool:
    parent = code.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node


def devices(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """A tensor or a model stays on another device."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr="to" | "cuda" | "cpu")):
            text = code.cut(owner)
            yield from mutation(code, "device", node, text, code.put(node, text))


def modes(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """A step of training or judging is left out, or made in the wrong mode."""
    match node:
        case ast.Expr(value=ast.Call() as call) if called(call) in _STEPS:
            what = f"without {called(call)}"
            yield from mutation(code, "training step", node, what, code.drop(node))
        case ast.Call(func=ast.Attribute(), args=[]) if called(node) in _MODES:
            yield from _with_name(code, node, "training step", _MODES[called(node)])
        case ast.With(items=[ast.withitem(context_expr=context)]):
            if called(context) in ("no_grad", "inference_mode"):
                new = "torch.enable_grad()"
                if "torch" in code.vocabulary.modules:
                    yield from mutation(code, "no_grad", context, new, code.put(context, new))
        case ast.FunctionDef(decorator_list=[ast.Call() as mark, *_]):
            if called(mark) in ("no_grad", "inference_mode") and code.is_inside(mark):
                start = code.span(mark)[0] - 1
                change = Change(start, code.span(mark)[1], "")
                yield from mutation(code, "no_grad", mark, "without", change)


def train_and_valid(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """Training data for validation data, and back; one way for another."""
    match node:
        case ast.Constant(value=str() as text):
            for ways in _WAYS:
                if text in ways:
                    known = [w for w in ways if w != text and w in code.vocabulary.texts]
                    new = repr((known or [w for w in ways if w != text])[0])
                    name = "train and valid" if "train" in ways else "way"
                    yield from mutation(code, name, node, new, code.put(node, new))
        case ast.Name(id=name, ctx=ast.Load()):
            for one, others in (("train", ("valid", "val", "test")), *_BACK):
                for other in others if one in name else ():
                    new = name.replace(one, other)
                    if new in code.vocabulary.names:
                        yield from mutation(code, "train and valid", node, new, code.put(node, new))


_BACK = tuple((name, ("train",)) for name in ("valid", "val", "test"))


def loaders(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """Batches of another size or order, the last one left out, an order that is drawn once."""
    match node:
        case ast.keyword(arg=arg, value=value) if arg in _BATCHES:
            for new in _other_sizes(code, value):
                yield from mutation(code, "batch size", node, new, code.put(value, new))
        case ast.Call(args=args, keywords=keywords) if called(node) == _LOADER and args:
            end = code.span(node)[1] - 1
            given = {keyword.arg: keyword for keyword in keywords}
            for key in ("shuffle", "drop_last"):
                if key not in given:
                    new, comma = f"{key}=True", code.data[:end].rstrip().endswith(b",")
                    change = Change(end, end, new if comma else f", {new}")
                    name = "shuffle" if key == "shuffle" else "drop_last"
                    yield from mutation(code, name, node, f"with {new}", change)
            if (shuffle := given.get("shuffle")) is not None:
                data = code.cut(args[0])
                torch = '__import__("torch")'
                order = f"{torch}.randperm(len({data})).tolist()"
                once = f"{torch}.utils.data.Subset({data}, {order})"
                changes = (Change(*code.span(args[0]), once), code.put(shuffle.value, "False"))
                yield from mutation(code, "shuffle", node, "shuffled once", *changes)


def _other_sizes(code: Code, value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=int() as size):  # as `operators.constants` would write them
            yield from (str(size * 2), str(size + 1), "1")
        case _:
            yield from (f"{code.cut(value)} * 2", f"{code.cut(value)} + 1", "1")


def seeds(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """Another seed, or none."""
    match node:
        case ast.Expr(value=ast.Call() as call) if _SEED.search(called(call)):
            yield from mutation(code, "seed", node, "nothing", code.drop(node))


def in_place(code: Code, node: ast.AST) -> Iterator[Mutation]:
    """An argument is changed: what it was called with is another one afterwards."""
    if not isinstance(node, ast.Return) or node.value is None:
        return
    function = next((f for f in inner(node, code) if isinstance(f, ast.FunctionDef)), None)
    if function is None:
        return
    for argument in function.args.args:
        if argument.arg != "self" and _is_indexed(function, argument.arg):
            value = code.cut(node.value)
            new = f"kept_ = ({value}); {argument.arg}[...] = 0; return kept_"
            what = f"{argument.arg} is overwritten"
            yield from mutation(code, "in place", node, what, Change(*code.span(node), new))


def _is_indexed(function: ast.FunctionDef, name: str) -> bool:
    """Whether an argument is an array: its shape is asked for."""
    return any(
        isinstance(part, ast.Attribute)
        and isinstance(part.value, ast.Name)
        and (part.value.id, part.attr) in ((name, "shape"), (name, "ndim"), (name, "dtype"))
        for part in ast.walk(function)
    )


SLIPS: tuple[Operator, ...] = (
    _renamed(_REDUCTIONS, "reduction"),
    _renamed(_CONFUSED, "API confusion"),
    axes,
    transposed,
    types,
    devices,
    modes,
    train_and_valid,
    loaders,
    seeds,
    in_place,
)
