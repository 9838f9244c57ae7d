import { compile } from "@jmespath-community/jmespath";
import { functionOf } from "./jmespath-functions.ts";
import { comparison, type Find, field, fields, isTruthy, projected, sameContent, sliced } from "./jmespath-steps.ts";

/** A parsed expression, as the library's parser gives it. */
export type Expression = ReturnType<typeof compile>;

const document: Find = (value) => value;

/**
 * An expression as a plain function of the document. Only own properties are found, never a prototype's; numbers of all kinds are
 * compared by value. The library parses; what its own interpreter would do per document is compiled here, once.
 *
 * @throws Error for an expression that cannot be parsed, or calls a function that is not there.
 */
export function compileJmespath(text: string): Find {
  // A name alone needs no parser, and may be one that the grammar would want to have quoted (`first-name` is not such a name).
  return /^[A-Za-z_]\w*$/.test(text) ? field(text) : compileNode(compile(text));
}

function compileNode(node: Expression): Find {
  switch (node.type) {
    case "Field":
      return field(node.name);
    case "Current":
    case "Identity":
      return document;
    case "Literal": {
      const { value } = node;
      return () => value;
    }
    case "Index": {
      const { value } = node;
      return (list) => (Array.isArray(list) ? (list.at(value) ?? null) : null);
    }
    case "Slice":
      return sliced(node.start, node.stop, node.step);
    case "Subexpression": {
      const names = dottedNames(node);
      return names ? fields(names) : chained(compileNode(node.left), ifThere(compileNode(node.right)));
    }
    case "IndexExpression":
    case "Pipe":
      return chained(compileNode(node.left), compileNode(node.right));
    default:
      return compileProjection(node) ?? compileSelection(node) ?? compileLogic(node) ?? compileFunction(node);
  }
}

/** The names of `a.b.c`, the most common kind; undefined for anything else. */
function dottedNames(node: Expression): readonly string[] | undefined {
  if (node.type === "Field") return [node.name];
  if (node.type !== "Subexpression") return undefined;
  const [left, right] = [dottedNames(node.left), dottedNames(node.right)];
  return left && right && [...left, ...right];
}

function chained(left: Find, right: Find): Find {
  return left === document ? right : (value) => right(left(value));
}

/** What is null stays null. */
function ifThere(find: Find): Find {
  return (value) => (value === null || value === undefined ? null : find(value));
}

function compileProjection(node: Expression): Find | undefined {
  switch (node.type) {
    case "Projection":
      return projected(compileNode(node.left), compileNode(node.right));
    case "FilterProjection":
      return projected(compileNode(node.left), compileNode(node.right), compileNode(node.condition));
    case "ValueProjection":
      return projected(chained(compileNode(node.left), valuesOf), compileNode(node.right));
    case "Flatten": {
      const child = compileNode(node.child);
      return (value) => {
        const list = child(value);
        return Array.isArray(list) ? list.flat() : null;
      };
    }
    default:
      return undefined;
  }
}

const valuesOf: Find = (map) => (typeof map === "object" && map !== null && !Array.isArray(map) ? Object.values(map) : null);

function compileSelection(node: Expression): Find | undefined {
  if (node.type === "MultiSelectList") {
    const children = node.children.map(compileNode);
    return ifThere((value) => children.map((child) => child(value)));
  }
  if (node.type !== "MultiSelectHash") return undefined;
  const children = node.children.map(({ name, value }) => [name, compileNode(value)] as const);
  // Object.fromEntries makes an own property of any name.
  return ifThere((value) => Object.fromEntries(children.map(([name, child]) => [name, child(value)])));
}

function compileLogic(node: Expression): Find | undefined {
  switch (node.type) {
    case "OrExpression":
    case "AndExpression": {
      const [left, right, isOr] = [compileNode(node.left), compileNode(node.right), node.type === "OrExpression"];
      return (value) => {
        const first = left(value);
        return isTruthy(first) === isOr ? first : right(value);
      };
    }
    case "NotExpression": {
      const child = compileNode(node.child);
      return (value) => !isTruthy(child(value));
    }
    case "Comparator": {
      const [left, right] = [compileNode(node.left), compileNode(node.right)];
      if (node.name === "EQ") return (value) => sameContent(left(value), right(value));
      if (node.name === "NE") return (value) => !sameContent(left(value), right(value));
      const compare = comparison(node.name);
      return (value) => compare(left(value), right(value));
    }
    default:
      return undefined;
  }
}

function compileFunction(node: Expression): Find {
  if (node.type !== "Function") throw new Error(`"${node.type}" is not part of JMESPath 1.0, as jmespath.org describes it`);
  const call = functionOf(node.name, node.children.length);
  const parameters = node.children.map((child) => {
    if (child.type !== "ExpressionReference") return compileNode(child);
    const expression = compileNode(child.child);
    return () => expression;
  });
  return (value) => call(parameters.map((parameter) => parameter(value)));
}
