import type { Environment } from '@marcbachmann/cel-js'
import { onDemand } from '../common/on-demand.ts'
import { type PlainText, withPlainMessages } from './message-literals.ts'
import type { Literal } from './values.ts'
import { Uint } from './values.ts'

/** An expression, with the place in the text that is told when something is wrong with it. */
export type Expression = { readonly position: number } & (
  | { readonly op: 'literal'; readonly value: Literal }
  | { readonly op: 'name'; readonly name: string }
  | { readonly op: 'select'; readonly of: Expression; readonly field: string; readonly optional: boolean }
  | { readonly op: 'list'; readonly items: readonly Expression[] }
  | { readonly op: 'map'; readonly entries: readonly (readonly [key: Expression, value: Expression])[] }
  | { readonly op: 'message'; readonly type: string; readonly fields: readonly MessageField[] }
  | {
      readonly op: 'call'
      /** Operators have names such as `_+_`. */
      readonly name: string
      readonly receiver: Expression | undefined
      readonly args: readonly Expression[]
    }
)

export interface MessageField {
  readonly name: string
  readonly value: Expression
  /** The value is an optional one; the field is only there when that has a value. */
  readonly optional: boolean
  readonly position: number
}

export class ExpressionError extends Error {
  readonly position: number

  constructor(message: string, position: number) {
    super(message)
    this.position = position
  }
}

/** As the library parses them: macros are kept as the calls that they look like. */
interface Node {
  readonly op: string
  readonly args: unknown
  readonly pos: number
  readonly start: number
  readonly end: number
}

const MAX_DEPTH = 250
const TOO_DEEP = `expression recursion limit exceeded: ${MAX_DEPTH}`
const MAX_INT = 2n ** 63n - 1n

const OPERATORS: Readonly<Record<string, string>> = {
  '!=': '_!=_',
  '==': '_==_',
  in: '@in',
  '+': '_+_',
  '-': '_-_',
  '*': '_*_',
  '/': '_/_',
  '%': '_%_',
  '<': '_<_',
  '<=': '_<=_',
  '>': '_>_',
  '>=': '_>=_',
  '||': '_||_',
  '&&': '_&&_',
  '[]': '_[_]',
  '[?]': '_[?_]',
}

const cel = onDemand<typeof import('@marcbachmann/cel-js')>('@marcbachmann/cel-js')

const parserOptions = {
  enableOptionalTypes: true,
  limits: { maxAstNodes: 20_000, maxDepth: MAX_DEPTH, maxCallArguments: 32 },
}
let parser: Environment | undefined

/** @throws ExpressionError */
export function parseExpression(text: string): Expression {
  const plain = withPlainMessages(text)
  try {
    parser ??= new (cel().Environment)(parserOptions)
    return convert(parser.parse(plain.text).ast as unknown as Node, plain, 0)
  } catch (error) {
    if (error instanceof cel().ParseError)
      throw new ExpressionError(`Syntax error: ${error.summary}`, plain.original(error.range?.start ?? 0))
    // The parser limits how deep parentheses go, but not signs.
    if (error instanceof RangeError) throw new ExpressionError(TOO_DEEP, 0)
    throw error
  }
}

function convert(node: Node, plain: PlainText, depth: number): Expression {
  const { text, original } = plain
  const position = original(node.start)
  if (depth > MAX_DEPTH) throw new ExpressionError(TOO_DEEP, position)
  const inner = (each: unknown) => convert(each as Node, plain, depth + 1)
  switch (node.op) {
    case 'value':
      return { op: 'literal', value: literalOf(node.args, position), position }
    case 'id':
      return { op: 'name', name: node.args as string, position }
    case '.':
    case '.?': {
      const [of, field] = node.args as [Node, string]
      const dot = Math.max(text.lastIndexOf('.', node.pos), of.end)
      return { op: 'select', of: inner(of), field, optional: node.op === '.?', position: original(dot) }
    }
    case 'list':
      return { op: 'list', items: (node.args as Node[]).map(inner), position }
    case 'map':
      return {
        op: 'map',
        entries: (node.args as [Node, Node][]).map(([key, value]) => [inner(key), inner(value)]),
        position,
      }
    case 'call': {
      const [name, args] = node.args as [string, Node[]]
      return {
        op: 'call',
        name,
        receiver: undefined,
        args: args.map(inner),
        position: original(text.indexOf('(', node.start)),
      }
    }
    case 'rcall': {
      const [name, receiver, args] = node.args as [string, Node, Node[]]
      const open = text.indexOf('(', receiver.end)
      return { op: 'call', name, receiver: inner(receiver), args: args.map(inner), position: original(open) }
    }
    case '?:': {
      const args = (node.args as Node[]).map(inner)
      const question = text.indexOf('?', (node.args as Node[])[0]?.end)
      return { op: 'call', name: '_?_:_', receiver: undefined, args, position: original(question) }
    }
    case '!_':
      return { op: 'call', name: '!_', receiver: undefined, args: [inner(node.args)], position }
    case '-_':
      return negation(node, position, inner)
    default: {
      const args = node.args as [Node, Node]
      const name = OPERATORS[node.op]
      if (!name) throw new ExpressionError(`Syntax error: unsupported operator ${node.op}`, position)
      const symbol = node.op.startsWith('[') ? '[' : node.op
      const at = text.indexOf(symbol, args[0].end)
      if (node.op === '[]' && plain.messages.has(at))
        return message(inner(args[0]), inner(args[1]), original(at))
      return {
        op: 'call',
        name,
        receiver: undefined,
        args: args.map(inner),
        position: original(at),
      }
    }
  }
}

function message(type: Expression, map: Expression, position: number): Expression {
  const name = dotted(type)
  if (name === undefined || map.op !== 'map')
    throw new ExpressionError('Syntax error: a message needs the name of its type', position)
  const fields = map.entries.map(([key, value]) => {
    if (key.op !== 'literal' || typeof key.value !== 'string')
      throw new ExpressionError('Syntax error: a field of a message needs a name', key.position)
    const optional = key.value.startsWith('?')
    const field = key.value.replace(/^\?\s*/, '').replaceAll('`', '')
    return { name: field, value, optional, position: key.position }
  })
  return { op: 'message', type: name, fields, position }
}

/** The text of names with dots between them. */
export function dotted(expression: Expression): string | undefined {
  if (expression.op === 'name') return expression.name
  if (expression.op !== 'select' || expression.optional) return undefined
  const of = dotted(expression.of)
  return of === undefined ? undefined : `${of}.${expression.field}`
}

function negation(node: Node, position: number, inner: (node: unknown) => Expression): Expression {
  const { op, args } = node.args as Node
  if (op === 'value' && typeof args === 'bigint' && args === MAX_INT + 1n)
    return { op: 'literal', value: -args, position }
  return { op: 'call', name: '-_', receiver: undefined, args: [inner(node.args)], position }
}

function literalOf(value: unknown, position: number): Literal {
  if (typeof value === 'bigint' && value > MAX_INT)
    throw new ExpressionError('Syntax error: invalid int literal', position)
  return isUnsigned(value) ? new Uint(value.value) : (value as Literal)
}

/** The library's own class, which it does not export. */
function isUnsigned(value: unknown): value is { readonly value: bigint } {
  return typeof value === 'object' && value !== null && 'value' in value && typeof value.value === 'bigint'
}
