"""What a piece of Python takes from outside and what it makes: the ground on which staleness stands."""

import ast
import symtable
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field


@dataclass
class Unit:
    """A definition or a cell: its code as a canonical text, and the names it takes from outside (``a`` or ``a.b``)."""

    code: str = ""
    mentions: set[str] = field(default_factory=set)


def _without_docstrings(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(node) is not None:
            node.body = body[1:] or [ast.Pass()]
    return tree


def unit(nodes: Iterable[ast.stmt]) -> Unit:
    """Some statements of a module's or notebook's top level as one unit."""
    # Imports are left out: what they bring counts where it is used.
    body = [node for node in nodes if not isinstance(node, ast.Import | ast.ImportFrom)]
    tree = _without_docstrings(ast.Module(body=body, type_ignores=[]))
    outer = _global_names(_scopes(tree))
    return Unit(_canonical(tree), {m for m in _taken(tree.body, set()) if m.partition(".")[0] in outer})


def meaning(source: str) -> str:
    """A module's code as a canonical text: comments, docstrings and formatting make no difference."""
    return _canonical(_without_docstrings(ast.parse(source)))


def _taken(body: Iterable[ast.stmt], made: set[str]) -> Iterator[str]:
    """Names that statements mention before they make them: after ``figure, ax = …``, ax is not an earlier cell's."""
    for statement in body:
        if isinstance(statement, ast.For):
            yield from _taken([ast.Expr(statement.iter)], made)
            yield from _taken(statement.body, made | _stored(statement.target))
            yield from _taken(statement.orelse, set(made))
        else:
            yield from (m for m in _mentioned(statement) if m.partition(".")[0] not in made)
        if isinstance(statement, ast.Assign):
            made.update(*map(_stored, statement.targets))
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
            made.add(statement.name)


def _mentioned(node: ast.AST, own: frozenset[str] = frozenset()) -> Iterator[str]:
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        yield from _mentioned(node.generators[0].iter, own)  # evaluated outside: ``[x for x in x]``
        own = own.union(*(_stored(part.target) for part in node.generators))
    if isinstance(node, ast.Name) and node.id not in own and not isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id not in own:
        yield f"{node.value.id}.{node.attr}"
    for child in ast.iter_child_nodes(node):
        yield from _mentioned(child, own)


def _stored(target: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _canonical(node: object) -> str:
    """A syntax tree as text, the same in every Python of the course: fields that newer ones add are empty here."""
    if isinstance(node, list):
        return "[" + ", ".join(map(_canonical, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [("value", node.value)] if isinstance(node, ast.Constant) else ast.iter_fields(node)
    kept = [(k, v) for k, v in fields if isinstance(node, ast.Constant) or (v is not None and v != [])]
    return f"{type(node).__name__}(" + ", ".join(f"{k}={_canonical(v)}" for k, v in kept) + ")"


def _scopes(tree: ast.Module) -> symtable.SymbolTable:
    return symtable.symtable(ast.unparse(tree), "<unit>", "exec")


def _global_names(scope: symtable.SymbolTable) -> set[str]:
    """Names that mean something outside: those at the top, and those a function does not make itself."""
    top = scope.get_type() == "module"
    names = {s.get_name() for s in scope.get_symbols() if top or s.is_global()}
    return names.union(*map(_global_names, scope.get_children()))


def bound_by_imports(nodes: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that imports among some statements bring, from anywhere."""
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)


def defined(node: ast.stmt, imported: Set[str] = frozenset()) -> set[str]:
    """Names that a top-level statement defines or changes: ``a = …``, ``a.b = …``, ``a[0] = …``, ``a.fit(…)``.

    Args:
        node: the statement.
        imported: names that imports bring: calling their functions changes none of them.
    """
    scope = _scopes(ast.Module(body=[node], type_ignores=[]))
    names = {s.get_name() for s in scope.get_symbols() if s.is_assigned() or s.is_namespace()}
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return names
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store):
            names |= {n.id for n in ast.walk(part.value) if isinstance(n, ast.Name)}
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            call = part.value.func
            if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name):
                names |= {call.value.id} - imported
    return names
