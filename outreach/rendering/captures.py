"""What a template does with what it prints: whether keys can be made of it."""

from collections.abc import Sequence

from jinja2 import nodes

CAPTURES = (nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock)


def capture_use(trees: Sequence[nodes.Template]) -> tuple[bool, bool]:
    """Return whether what is captured is only printed as it is, and whether keys can be made.

    Macros, blocks, ``set`` and ``call`` blocks capture what they print. Where a template does more
    with that than print it, tokens must not be in it; where they cannot be kept out, no keys.
    """
    modules = {"self"} | {node.target for tree in trees for node in tree.find_all(nodes.Import)}
    captured = {"content"} | {
        name.name
        for tree in trees
        for node in tree.find_all(nodes.AssignBlock)
        for name in [node.target, *node.target.find_all(nodes.Name)]
        if isinstance(name, nodes.Name)
    }
    printed = all(_prints_only(tree, captured, modules) for tree in trees)
    for tree in trees:
        for block in tree.find_all((*CAPTURES, nodes.Block)):
            if (is_filtered(block) or not printed) and block.find(nodes.Include):
                return printed, False
    return printed, True


def is_filtered(node: nodes.Node) -> bool:
    """Whether what stands in a block goes through a filter: ``filter``, and ``set x | upper``."""
    if isinstance(node, nodes.AssignBlock):
        return node.filter is not None
    return isinstance(node, nodes.FilterBlock)


def _prints_only(tree: nodes.Template, captured: set[str], modules: set[str]) -> bool:
    printed: set[int] = set()
    for output in tree.find_all(nodes.Output):
        for child in output.nodes:
            if isinstance(child, nodes.Name):
                printed.add(id(child))
            elif isinstance(child, nodes.Call):
                printed |= {id(child), id(child.node)}
    for call in tree.find_all(nodes.CallBlock):
        printed.add(id(call.call))
    for block in filter(is_filtered, tree.find_all(CAPTURES)):
        printed -= {id(node) for node in block.find_all(nodes.Expr)}
    for node in tree.find_all(nodes.Expr):
        if id(node) in printed:
            continue
        if isinstance(node, nodes.Name) and node.ctx == "load" and node.name in captured:
            return False
        if isinstance(node, nodes.Call) and not _is_function(node, modules):
            return False
    return not any(
        isinstance(node.target, nodes.NSRef) for node in tree.find_all(nodes.AssignBlock)
    )


def _is_function(call: nodes.Call, modules: set[str]) -> bool:
    """Whether what is called gives a value and nothing that was printed."""
    if isinstance(call.node, nodes.EnvironmentAttribute):
        return True
    if isinstance(call.node, nodes.Name):
        return call.node.name in ("greeting", "range", "dict", "namespace")
    if isinstance(call.node, nodes.Getattr):
        owner = call.node.node
        return not (isinstance(owner, nodes.Name) and owner.name in modules)
    return False


def constant_text(tree: nodes.Template) -> str | None:
    """Return what a template prints if that is the same for everybody, else None."""
    parts = []
    for node in tree.body:
        if isinstance(node, nodes.Output):
            if not all(isinstance(child, nodes.TemplateData) for child in node.nodes):
                return None
            parts += [child.data for child in node.nodes]  # type: ignore[attr-defined]
        elif not isinstance(node, nodes.ExprStmt):
            return None
    return "".join(parts)


def prints_links_only(trees: Sequence[nodes.Template]) -> bool:
    """Whether `links` are only printed as they are, or asked for whether there are any."""
    as_it_is, _ = capture_use(trees)
    for tree in trees:
        fine: set[int] = set()
        for output in tree.find_all(nodes.Output):
            fine |= {id(child) for child in output.nodes}
        fine |= {id(node.test) for node in tree.find_all(nodes.If)}
        fine |= {id(node.test) for node in tree.find_all(nodes.CondExpr)}
        for block in tree.find_all((*CAPTURES, nodes.Block)):
            if is_filtered(block) or not as_it_is:
                fine -= {id(node) for node in block.find_all(nodes.Expr)}
        for node in tree.find_all(nodes.Getattr):
            if isinstance(node.node, nodes.Name) and node.node.name == "links" and id(node) in fine:
                fine.add(id(node.node))
        if any(name.name == "links" and id(name) not in fine for name in tree.find_all(nodes.Name)):
            return False
    return True


def has_captures(tree: nodes.Template) -> bool:
    """Whether a template prints into anything but its own output."""
    kinds: tuple[type[nodes.Node], ...] = (*CAPTURES, nodes.Import, nodes.FromImport)
    return any(isinstance(node, kinds) for node in tree.find_all(nodes.Node)) or any(
        name.name in ("self", "super", "caller") for name in tree.find_all(nodes.Name)
    )


def keeps_modules_apart(tree: nodes.Template) -> bool:
    """Whether an imported file may be kept from one contact to the next: it has only macros."""
    allowed = (nodes.Macro, nodes.Output, nodes.ExprStmt, nodes.Import, nodes.FromImport)
    return all(
        isinstance(node, allowed)
        and (
            not isinstance(node, nodes.Output)
            or all(isinstance(child, nodes.TemplateData) for child in node.nodes)
        )
        for node in tree.body
    )
