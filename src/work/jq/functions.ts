import { isJsonObject, type JsonValue } from '../../common/json.ts'
import { hasMember, isList, membersOf } from '../../common/json-tools.ts'
import { compiledPattern, isPatternError } from '../../common/pattern.ts'
import type { JqRun, Located } from './evaluate.ts'
import type { JqNode } from './parse.ts'
import { JqError } from './tokens.ts'
import { containsValue, isTrue, lengthOf, typeOf } from './values.ts'

type Filter = (run: JqRun, input: Located, args: readonly JqNode[]) => Iterable<Located>

const made = (value: JsonValue): Located => ({ value, path: undefined })

/** Makes a value of the input and the values of the arguments. */
function plain(compute: (input: JsonValue, ...args: JsonValue[]) => JsonValue): Filter {
  return (run, input, args) => [made(compute(input.value, ...args.map((arg) => run.value(arg, input))))]
}

/** The same for what looks at the whole of the input. */
function thorough(compute: (input: JsonValue, ...args: JsonValue[]) => JsonValue): Filter {
  const filter = plain(compute)
  return (run, input, args) => {
    run.spendOn(input.value)
    return filter(run, input, args)
  }
}

/** Whether one of the two values contains the other. */
function containing(whichIsWhole: 'input' | 'argument'): Filter {
  return (run, input, [arg]) => {
    const values = [input.value, run.value(arg as JqNode, input)] as const
    const [whole, part] = whichIsWhole === 'input' ? values : values.toReversed()
    run.spendOn(...values)
    return [made(containsValue(whole as JsonValue, part as JsonValue, () => run.spend(1)))]
  }
}

/** Lets the input through if it is as wanted. */
function passing(isWanted: (value: JsonValue) => boolean): Filter {
  return (_, input) => (isWanted(input.value) ? [input] : [])
}

const children: JqNode = { op: 'iterate', of: { op: 'identity' } }

function* select(run: JqRun, input: Located, [condition]: readonly JqNode[]): Generator<Located> {
  for (const { value } of run.results(condition as JqNode, input)) if (isTrue(value)) yield input
}

function* first(run: JqRun, input: Located, [of]: readonly JqNode[]): Generator<Located> {
  for (const result of run.results(of as JqNode, input)) {
    yield result
    return
  }
}

function* last(run: JqRun, input: Located, [of]: readonly JqNode[]): Generator<Located> {
  let found: Located | undefined
  for (const result of run.results(of as JqNode, input)) found = result
  if (found) yield found
}

function quantified(decisive: boolean): Filter {
  return (run, input, args) => {
    const condition = args[0] ?? ({ op: 'identity' } as const)
    for (const item of run.results(children, input))
      for (const { value } of run.results(condition, item))
        if (isTrue(value) === decisive) return [made(decisive)]
    return [made(!decisive)]
  }
}

function text(value: JsonValue | undefined, name: string): string {
  if (typeof value === 'string') return value
  throw new JqError(`${name} needs a string, not ${typeOf(value ?? null)}`)
}

function matches(value: JsonValue, pattern: JsonValue): boolean {
  try {
    return compiledPattern(text(pattern, 'test')).matcher(text(value, 'test')).find()
  } catch (error) {
    if (isPatternError(error)) throw new JqError(`invalid regular expression: ${error.message}`)
    throw error
  }
}

function has(value: JsonValue, key: JsonValue): boolean {
  if (isJsonObject(value) && typeof key === 'string') return hasMember(value, key)
  if (isList(value) && typeof key === 'number') return key >= 0 && key < value.length
  throw new JqError(`has cannot look for ${typeOf(key)} in ${typeOf(value)}`)
}

function keys(value: JsonValue): JsonValue {
  if (isList(value)) return [...value.keys()]
  if (isJsonObject(value))
    return membersOf(value)
      .map(([name]) => name)
      .sort()
  throw new JqError(`keys cannot be applied to: ${typeOf(value)}`)
}

/** The functions that paths and conditions use, by name and number of arguments. Those that keep places are filters. */
export const FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['select/1', select],
  ['first/1', first],
  [
    'first/0',
    (run, input) =>
      run.results({ op: 'index', of: { op: 'identity' }, key: { op: 'literal', value: 0 } }, input),
  ],
  ['last/1', last],
  [
    'last/0',
    (run, input) =>
      run.results({ op: 'index', of: { op: 'identity' }, key: { op: 'literal', value: -1 } }, input),
  ],
  ['recurse/0', (run, input) => run.recurse(input)],
  ['empty/0', () => []],
  ['values/0', passing((value) => value !== null)],
  ['nulls/0', passing((value) => value === null)],
  ['booleans/0', passing((value) => typeof value === 'boolean')],
  ['numbers/0', passing((value) => typeOf(value) === 'number')],
  ['strings/0', passing((value) => typeof value === 'string')],
  ['arrays/0', passing((value) => isList(value))],
  ['objects/0', passing(isJsonObject)],
  ['scalars/0', passing((value) => typeof value !== 'object' || value === null)],
  ['iterables/0', passing((value) => typeof value === 'object' && value !== null)],
  ['any/0', quantified(true)],
  ['any/1', quantified(true)],
  ['all/0', quantified(false)],
  ['all/1', quantified(false)],
  ['not/0', plain((value) => !isTrue(value))],
  ['length/0', thorough(lengthOf)],
  ['type/0', plain(typeOf)],
  ['keys/0', thorough(keys)],
  ['tostring/0', thorough((value) => (typeof value === 'string' ? value : JSON.stringify(value)))],
  [
    'ascii_downcase/0',
    thorough((value) => text(value, 'ascii_downcase').replace(/[A-Z]+/g, (each) => each.toLowerCase())),
  ],
  [
    'ascii_upcase/0',
    thorough((value) => text(value, 'ascii_upcase').replace(/[a-z]+/g, (each) => each.toUpperCase())),
  ],
  ['has/1', plain((value, key) => has(value, key ?? null))],
  ['contains/1', containing('input')],
  ['inside/1', containing('argument')],
  ['startswith/1', plain((value, start) => text(value, 'startswith').startsWith(text(start, 'startswith')))],
  ['endswith/1', plain((value, end) => text(value, 'endswith').endsWith(text(end, 'endswith')))],
  ['test/1', thorough((value, pattern) => matches(value, pattern ?? null))],
])
