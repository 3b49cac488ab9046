import { badRequest } from '../api/status.ts'
import { MalformedBody, parseJson } from '../codec/index.ts'

/** Where a list goes on: behind which object, and as of which revision; undefined means as things are by then. */
export interface ContinueToken {
  readonly revision: number | undefined
  /** The last object that was listed: its key without what all keys of the collection begin with. */
  readonly after: string
}

const VERSION = 'meta.k8s.io/v1'
const ANY_REVISION = -1

/** In the form of k8s.io/apiserver: clients take it as it is, but may come from one server to another. */
export function encodeContinue({ revision = ANY_REVISION, after }: ContinueToken): string {
  const token = JSON.stringify({ v: VERSION, rv: revision, start: `/${after}\0` })
  return Buffer.from(token).toString('base64url')
}

/** @throws StatusError BadRequest */
export function decodeContinue(text: string): ContinueToken {
  const token = parse(Buffer.from(text, 'base64url').toString())
  const { v, rv, start } = token as { v?: unknown; rv?: unknown; start?: unknown }
  if (v !== VERSION) throw invalidToken(`server does not recognize this encoded version ${v ?? ''}`)
  if (!Number.isSafeInteger(rv) || (rv as number) < ANY_REVISION || rv === 0)
    throw invalidToken(`incorrect encoded start resourceVersion (version ${VERSION})`)
  if (typeof start !== 'string' || start === '')
    throw invalidToken(`encoded start key empty (version ${VERSION})`)
  if (!start.startsWith('/') || !start.endsWith('\0')) throw invalidToken(start)
  return { revision: rv === ANY_REVISION ? undefined : (rv as number), after: start.slice(1, -1) }
}

function parse(json: string): object {
  let value: unknown
  try {
    value = parseJson(json).value
  } catch (error) {
    if (error instanceof MalformedBody) throw invalidToken(error.message)
    throw error
  }
  if (typeof value === 'object' && value !== null) return value
  throw invalidToken('it is not one that a list has given')
}

function invalidToken(problem: string) {
  return badRequest(`invalid continue token: continue key is not valid: ${problem}`)
}
