import type { RE2JS } from 're2js'
import { compiledPattern, isPatternError } from '../../common/pattern.ts'
import type { CostMeter } from '../cost.ts'
import type { FunctionTable } from '../overload.ts'
import { EvaluationError, ListValue, type Value } from '../values.ts'
import { formatted } from './format-string.ts'

/** What is done with strings, by code points: of cel-go's extension, and Kubernetes' find and findAll. */
export function addStrings(table: FunctionTable): void {
  const text = (value: Value | undefined) => value as string
  const add = (signature: string, run: (args: readonly Value[], meter: CostMeter) => Value) =>
    table.add(signature, (args, meter) => {
      for (const each of args) if (typeof each === 'string') meter.charge(each.length / 10)
      return run(args, meter)
    })
  add('string.contains(string): bool', ([a, b]) => text(a).includes(text(b)))
  add('string.startsWith(string): bool', ([a, b]) => text(a).startsWith(text(b)))
  add('string.endsWith(string): bool', ([a, b]) => text(a).endsWith(text(b)))
  add('string.charAt(int): string', ([a, at]) => charAt([...text(a)], Number(at)))
  add('string.indexOf(string): int', ([a, b], meter) => indexOf(text(a), text(b), 0, meter))
  add('string.indexOf(string, int): int', ([a, b, at], meter) => indexOf(text(a), text(b), Number(at), meter))
  add('string.lastIndexOf(string): int', ([a, b], meter) => lastIndexOf(text(a), text(b), undefined, meter))
  add('string.lastIndexOf(string, int): int', ([a, b, at], meter) =>
    lastIndexOf(text(a), text(b), Number(at), meter),
  )
  add('string.lowerAscii(): string', ([a]) => text(a).replace(/[A-Z]+/g, (each) => each.toLowerCase()))
  add('string.upperAscii(): string', ([a]) => text(a).replace(/[a-z]+/g, (each) => each.toUpperCase()))
  add('string.trim(): string', ([a]) => text(a).trim())
  add('string.replace(string, string): string', ([a, b, c], meter) =>
    replaced(text(a), text(b), text(c), -1, meter),
  )
  add('string.replace(string, string, int): string', ([a, b, c, n], meter) =>
    replaced(text(a), text(b), text(c), Number(n), meter),
  )
  add('string.split(string): list(string)', ([a, b], meter) => split(text(a), text(b), -1, meter))
  add('string.split(string, int): list(string)', ([a, b, n], meter) =>
    split(text(a), text(b), Number(n), meter),
  )
  add('string.substring(int): string', ([a, from]) => substring(text(a), Number(from)))
  add('string.substring(int, int): string', ([a, from, to]) => substring(text(a), Number(from), Number(to)))
  add('strings::quote(string): string', ([a]) => JSON.stringify(a))
  add('string.format(list(dyn)): string', ([a, list], meter) => formatted(text(a), list as ListValue, meter))
  add('list(string).join(): string', ([list], meter) => joined(list as ListValue, '', meter))
  add('list(string).join(string): string', ([list, b], meter) => joined(list as ListValue, text(b), meter))
  addPatterns(add)
}

function addPatterns(
  add: (signature: string, run: (args: readonly Value[], meter: CostMeter) => Value) => void,
): void {
  const matches = ([a, pattern]: readonly Value[], meter: CostMeter) =>
    patternOf(a as string, pattern as string, meter)
      .matcher(a as string)
      .find()
  add('string.matches(string): bool', matches)
  add('matches(string, string): bool', matches)
  add('string.find(string): string', ([a, pattern], meter) => {
    const matcher = patternOf(a as string, pattern as string, meter).matcher(a as string)
    return matcher.find() ? (matcher.group() ?? '') : ''
  })
  const findAll = ([a, pattern, limit = -1n]: readonly Value[], meter: CostMeter) => {
    const matcher = patternOf(a as string, pattern as string, meter).matcher(a as string)
    const most = Number(limit) < 0 ? Number.POSITIVE_INFINITY : Number(limit)
    const found: string[] = []
    while (found.length < most && matcher.find()) {
      meter.charge(1)
      found.push(matcher.group() ?? '')
    }
    return ListValue.of(found)
  }
  add('string.findAll(string): list(string)', findAll)
  add('string.findAll(string, int): list(string)', findAll)
}

/** A match takes time in proportion to both, the text and the pattern. */
function patternOf(text: string, pattern: string, meter: CostMeter): RE2JS {
  meter.charge(((1 + text.length / 10) * (1 + pattern.length)) / 4)
  try {
    return compiledPattern(pattern)
  } catch (error) {
    if (isPatternError(error)) throw new EvaluationError(error.message)
    throw error
  }
}

function charAt(characters: readonly string[], index: number): string {
  if (index < 0 || index > characters.length) throw new EvaluationError(`index out of range: ${index}`)
  return characters[index] ?? ''
}

/** The place of a code unit among the code points. */
function pointIndex(text: string, unit: number): bigint {
  return unit < 0 ? -1n : BigInt([...text.slice(0, unit)].length)
}

function unitIndex(text: string, point: number): number {
  const characters = [...text]
  if (point < 0 || point > characters.length) throw new EvaluationError(`index out of range: ${point}`)
  return characters.slice(0, point).join('').length
}

function indexOf(text: string, part: string, from: number, meter: CostMeter): bigint {
  meter.charge(text.length / 10)
  return pointIndex(text, text.indexOf(part, unitIndex(text, from)))
}

function lastIndexOf(text: string, part: string, from: number | undefined, meter: CostMeter): bigint {
  meter.charge(text.length / 10)
  return pointIndex(text, text.lastIndexOf(part, from === undefined ? undefined : unitIndex(text, from)))
}

function replaced(text: string, part: string, by: string, limit: number, meter: CostMeter): string {
  const parts = part === '' ? ['', ...text, ''] : text.split(part)
  const count = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1)
  // What comes out can be far longer than what went in.
  meter.charge((count * by.length) / 10 + parts.length)
  return [parts.slice(0, count + 1).join(by), ...parts.slice(count + 1)].join(part)
}

function split(text: string, separator: string, limit: number, meter: CostMeter): ListValue {
  if (limit === 0) return ListValue.of([])
  const parts = separator === '' ? [...text] : text.split(separator)
  meter.charge(parts.length)
  if (limit < 0 || parts.length <= limit) return ListValue.of(parts)
  return ListValue.of([...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)])
}

function substring(text: string, from: number, to?: number): string {
  const characters = [...text]
  const end = to ?? characters.length
  if (from < 0 || from > characters.length) throw new EvaluationError(`index out of range: ${from}`)
  if (end < 0 || end > characters.length) throw new EvaluationError(`index out of range: ${end}`)
  if (from > end) throw new EvaluationError(`invalid substring range. start: ${from}, end: ${end}`)
  return characters.slice(from, end).join('')
}

function joined(list: ListValue, separator: string, meter: CostMeter): string {
  const parts: string[] = []
  for (const item of list) {
    if (typeof item !== 'string') throw new EvaluationError('no such overload')
    meter.charge(1 + (item.length + separator.length) / 10)
    parts.push(item)
  }
  return parts.join(separator)
}
