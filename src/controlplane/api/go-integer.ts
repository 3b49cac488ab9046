import { badRequest } from './status.ts'

interface Bounds {
  readonly form: RegExp
  readonly lowest: bigint
  readonly highest: bigint
}

const INT64: Bounds = { form: /^[+-]?\d+$/, lowest: -(2n ** 63n), highest: 2n ** 63n - 1n }
const UINT64: Bounds = { form: /^\d+$/, lowest: 0n, highest: 2n ** 64n - 1n }

/** What Go's strconv says of a text that it does not read as a number. */
export class GoNumberError extends Error {}

/** As strconv.ParseInt reads a decimal int64. @throws GoNumberError */
export function parseInt64(text: string): bigint {
  return parse('ParseInt', text, INT64)
}

/** As strconv.ParseUint reads a decimal uint64. @throws GoNumberError */
export function parseUint64(text: string): bigint {
  return parse('ParseUint', text, UINT64)
}

/**
 * An integer of a request's query; undefined where it is not there.
 *
 * @throws StatusError BadRequest, also for one that is empty
 */
export function queryInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  try {
    return Number(parseInt64(text))
  } catch (error) {
    if (error instanceof GoNumberError) throw badRequest(error.message)
    throw error
  }
}

function parse(what: string, text: string, { form, lowest, highest }: Bounds): bigint {
  const problem = (reason: string) =>
    new GoNumberError(`strconv.${what}: parsing ${JSON.stringify(text)}: ${reason}`)
  if (!form.test(text)) throw problem('invalid syntax')
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  if (value < lowest || value > highest) throw problem('value out of range')
  return value
}
