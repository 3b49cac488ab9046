import type { KubeObject } from '../../apis/meta/v1.ts'
import { stringFlag } from '../../common/flags.ts'
import { CommandError } from '../failure.ts'
import type { Session } from '../session.ts'
import { printJson, printYaml } from './print-data.ts'
import { renderTable } from './table.ts'
import { renderTree, type TreeNode } from './tree.ts'

const FORMATS = ['tree', 'table', 'wide', 'yaml', 'json', 'name'] as const
type Format = (typeof FORMATS)[number]

/** The flag of all commands that list something. The original has tree, table and yaml. */
export const OUTPUT_FLAG = {
  output: stringFlag('tree', 'How to show it: tree, table, wide, yaml, json or name.', {
    shorthand: 'o',
    placeholder: 'FORMAT',
  }),
} as const

/** What a list looks like in each of the formats. */
export interface ListView<T extends KubeObject> {
  /** Such as `ManagedCluster`: the root of the tree. */
  readonly kind: string
  readonly objects: readonly T[]
  /** The nodes below the root. */
  readonly tree: () => readonly TreeNode[]
  readonly headers: readonly string[]
  readonly row: (object: T) => readonly string[]
  /** More columns, for `wide`. */
  readonly wide?: { readonly headers: readonly string[]; readonly row: (object: T) => readonly string[] }
}

/** Throws a CommandError for a format that there is not; to be called before the API is asked. */
export function requireFormat(text: string): asserts text is Format {
  if (!FORMATS.some((format) => format === text)) {
    throw new CommandError(
      `invalid output format ${JSON.stringify(text)}: it is one of ${FORMATS.join(', ')}`,
    )
  }
}

export function printList<T extends KubeObject>(session: Session, format: Format, view: ListView<T>): void {
  const { objects } = view
  const { terminal } = session
  if (format === 'yaml') printYaml(session, objects)
  else if (format === 'json')
    printJson(session, { apiVersion: 'v1', kind: 'List', metadata: {}, items: objects })
  else terminal.writeOut(textOf(format, view))
}

function textOf<T extends KubeObject>(format: Exclude<Format, 'yaml' | 'json'>, view: ListView<T>): string {
  const { kind, objects, headers, row, wide, tree } = view
  switch (format) {
    case 'tree':
      return renderTree({ name: kind, children: tree() })
    case 'table':
      return renderTable(headers, objects.map(row))
    case 'wide': {
      const rows = objects.map((object) => [...row(object), ...(wide?.row(object) ?? [])])
      return renderTable([...headers, ...(wide?.headers ?? [])], rows)
    }
    case 'name':
      return objects.map(({ metadata }) => `${metadata.name}\n`).join('')
    default:
      throw new Error(`no such format: ${format satisfies never}`)
  }
}

/** Stable: by namespace, then by name. */
export function sorted<T extends KubeObject>(objects: readonly T[]): T[] {
  const keyOf = ({ metadata }: T) => `${metadata.namespace ?? ''}\0${metadata.name ?? ''}`
  return [...objects].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
}
