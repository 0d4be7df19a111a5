"""Programs of affine loops that fusion finds hard, in a short notation.

`nest("i 16, j 18", "t[i, j] = exp(x[i, j])")` is one nest over one statement; `program` adds the
function around the nests. Operators: `exp abs neg relu`, `+ - * / max`; numbers are constants.
"""

from __future__ import annotations

import ast
import re

_UNARY = {"exp": "math.exp", "abs": "math.absf", "neg": "arith.negf"}
_BINARY = {
    ast.Add: "arith.addf",
    ast.Sub: "arith.subf",
    ast.Mult: "arith.mulf",
    ast.Div: "arith.divf",
}


class Program:
    """Nests over f32 arrays: `arguments` and `temporaries` map names to shapes."""

    def __init__(self, arguments: str, temporaries: str = "", dead: str = "") -> None:
        self.shapes: dict[str, str] = {}
        self.count = 0
        self.lines: list[str] = []
        given = []
        for name, shape in re.findall(r"(\w+) ([\dx]+)", arguments):
            self.shapes[name] = f"memref<{shape}xf32>"
            attribute = " {poly.dead_out}" if name in dead.split() else ""
            given.append(f"%{name}: {self.shapes[name]}{attribute}")
        self.head = f"func.func @k({', '.join(given)}) {{"
        for name, shape in re.findall(r"(\w+) ([\dx]+)", temporaries):
            self.shapes[name] = f"memref<{shape}xf32>"
            self.lines.append(f"  %{name} = memref.alloc() : {self.shapes[name]}")

    def nest(self, loops: str, statement: str, reduction: str = "") -> Program:
        """One nest over one statement; `loops` as "i 16, j 2:18"."""
        count = self.loops(loops)
        target, value = (ast.parse(s.strip(), mode="eval").body for s in statement.split("="))
        result = self.value(value)
        self.lines.append(f"    affine.store {result}, {self.element(target)}")
        self.lines += ["  }"] * count
        if reduction:
            self.lines[-1] += f' {{poly.reduction = "{reduction}"}}'
        return self

    def loops(self, loops: str) -> int:
        found = re.findall(r"(\w+) (?:(\d+):)?(\d+)", loops)
        for name, low, high in found:
            self.lines.append(f"  affine.for %{name} = {low or 0} to {high} {{")
        return len(found)

    def open(self, loops: str) -> Program:
        """Loops around the nests that follow, until `close`."""
        self.depth = self.loops(loops)
        return self

    def close(self) -> Program:
        self.lines += ["  }"] * self.depth
        return self

    def text(self) -> str:
        return "\n".join([self.head, *self.lines, "  func.return", "}"])

    def fresh(self, op: str) -> str:
        self.count += 1
        self.lines.append(f"    %v{self.count} = {op}")
        return f"%v{self.count}"

    def element(self, node: ast.expr) -> str:
        assert isinstance(node, ast.Subscript)
        name = ast.unparse(node.value)
        index = ast.unparse(node.slice).strip("()").rstrip(",")
        index = re.sub(r"\b([a-z]\w*)\b", r"%\1", index).replace("//", "floordiv")
        index = index.replace(" % ", " mod ")
        return f"%{name}[{index}] : {self.shapes[name]}"

    def value(self, node: ast.expr) -> str:
        match node:
            case ast.Constant():
                return self.fresh(f"arith.constant {float(node.value)} : f32")
            case ast.Subscript():
                return self.fresh(f"affine.load {self.element(node)}")
            case ast.BinOp():
                left, right = self.value(node.left), self.value(node.right)
                return self.fresh(f"{_BINARY[type(node.op)]} {left}, {right} : f32")
            case ast.Call(func=ast.Name(id="max")):
                left, right = (self.value(a) for a in node.args)
                return self.fresh(f"arith.maximumf {left}, {right} : f32")
            case ast.Call(func=ast.Name(id=name)):
                return self.fresh(f"{_UNARY[name]} {self.value(node.args[0])} : f32")
            case _:
                raise ValueError(ast.unparse(node))
