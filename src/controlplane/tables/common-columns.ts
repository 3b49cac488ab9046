import { type Cell, type Column, column, wideColumn } from './column.ts'
import { elapsedSince } from './elapsed-time.ts'
import { formatSelector } from './label-text.ts'
import { objectsAt, textAt, valueAt } from './members.ts'

/** Columns that show a field have its documentation, as a kube-apiserver tells it. */
const NAME_DESCRIPTION =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names'

export const CREATION_DESCRIPTION =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata'

export const NAME: Column = nameColumn((object) => textAt(object, 'metadata', 'name'))

export const AGE: Column = column('Age', 'string', CREATION_DESCRIPTION, (object, now) =>
  elapsedSince(valueAt(object, 'metadata', 'creationTimestamp'), now),
)

export function nameColumn(cell: Cell): Column {
  return column('Name', 'string', NAME_DESCRIPTION, cell, { format: 'name' })
}

/** The containers of a pod template, which stands at `path`. */
export function containerColumns(
  path: readonly string[],
  { priority }: { readonly priority: number } = { priority: 1 },
): readonly [names: Column, images: Column] {
  const names = 'Names of each container in the template.'
  const images = 'Images referenced by each container in the template.'
  return [
    column('Containers', 'string', names, containerCell('name', path), { priority }),
    column('Images', 'string', images, containerCell('image', path), { priority }),
  ]
}

/** The label selector at `path`. */
export function selectorColumn(description: string, ...path: readonly string[]): Column {
  return wideColumn('Selector', 'string', description, (object) => formatSelector(valueAt(object, ...path)))
}

function containerCell(member: string, template: readonly string[]): Cell {
  return (object) =>
    objectsAt(object, ...template, 'spec', 'containers')
      .map((container) => textAt(container, member))
      .join(',')
}
