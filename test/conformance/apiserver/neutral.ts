import { isJsonObject } from '../../../src/controlplane/api/json.ts'

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z/g
const JWT = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/
const AGE = /^(<invalid>|(\d+[smhdy])+)$/
const TOKEN_ID = /^JTI=[0-9a-f-]{36}$/
const ADDRESS = /^(https:\/\/)?\d+\.\d+\.\d+\.\d+:\d+\b/
/** Of a document, in its address. */
const HASH = /hash=[0-9A-F]{128}$/
/** Of Tables: what they show is how long ago something was. */
const AGE_COLUMNS = ['Age', 'Last Seen', 'First Seen']

/** A value without what varies by nature and need not be the same again: times, ages, tokens, the server's own address. */
export function neutral(value: unknown): unknown {
  if (typeof value === 'string') return neutralText(value)
  if (Array.isArray(value)) return value.map(neutral)
  if (!isJsonObject(value)) return value
  const object = value.kind === 'Table' ? withoutAges(value as unknown as Table) : value
  return Object.fromEntries(
    Object.entries(object).map(([key, each]) => [
      key,
      neutral(key === 'managedFields' && Array.isArray(each) ? each.toSorted(byManager) : each),
    ]),
  )
}

/** They are sorted by the second in which they were written, which a busy machine reaches later. */
function byManager(a: ManagedFields, b: ManagedFields): number {
  const id = ({ manager, operation, subresource }: ManagedFields) =>
    JSON.stringify([manager, operation, subresource])
  return id(a) < id(b) ? -1 : 1
}

interface ManagedFields {
  readonly manager?: string
  readonly operation: string
  readonly subresource?: string
}

interface Table {
  readonly columnDefinitions: readonly { readonly name: string }[]
  readonly rows: readonly { readonly cells: readonly unknown[] }[]
}

function withoutAges(table: Table): Record<string, unknown> {
  const isAge = (table.columnDefinitions ?? []).map(({ name }) => AGE_COLUMNS.includes(name))
  const rows = (table.rows ?? []).map((row) => ({
    ...row,
    cells: row.cells.map((cell, index) => (isAge[index] && AGE.test(String(cell)) ? '(age)' : cell)),
  }))
  return { ...table, rows }
}

function neutralText(text: string): string {
  if (JWT.test(text)) return '(jwt)'
  if (HASH.test(text)) return text.replace(HASH, 'hash=(hash)')
  if (TOKEN_ID.test(text)) return '(token id)'
  return text
    .replace(ADDRESS, '$1(address)')
    .replace(TIME, (_, micros) => (micros ? '(microtime)' : '(time)'))
}
