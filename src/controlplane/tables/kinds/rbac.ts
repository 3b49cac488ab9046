import type { JsonObject } from '../../api/json.ts'
import { column, type TableColumns, tableOf, wideColumn } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { objectsAt, textAt } from '../members.ts'

/** Of role bindings and of cluster role bindings. */
export const BINDINGS: TableColumns = tableOf(
  NAME,
  column(
    'Role',
    'string',
    'The role that is bound',
    (binding) => `${textAt(binding, 'roleRef', 'kind')}/${textAt(binding, 'roleRef', 'name')}`,
  ),
  AGE,
  wideColumn('Users', 'string', 'The users that have the role', (binding) => subjects(binding, 'User')),
  wideColumn('Groups', 'string', 'The groups that have the role', (binding) => subjects(binding, 'Group')),
  wideColumn('ServiceAccounts', 'string', 'The service accounts that have the role', (binding) =>
    subjects(binding, 'ServiceAccount'),
  ),
)

function subjects(binding: JsonObject, kind: 'User' | 'Group' | 'ServiceAccount'): string {
  return objectsAt(binding, 'subjects')
    .filter((subject) => textAt(subject, 'kind') === kind)
    .map((subject) => {
      const name = textAt(subject, 'name')
      return kind === 'ServiceAccount' ? `${textAt(subject, 'namespace')}/${name}` : name
    })
    .join(', ')
}
