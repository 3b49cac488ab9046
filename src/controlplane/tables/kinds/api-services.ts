import type { JsonObject } from '../../api/json.ts'
import { column, type TableColumns, tableOf } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { objectAt, objectsAt, textAt } from '../members.ts'

/** kube-aggregator's own printer. */
export const API_SERVICES: TableColumns = tableOf(
  NAME,
  column('Service', 'string', 'The service that answers for the API', (api) => {
    const service = objectAt(api, 'spec', 'service')
    return service ? `${textAt(service, 'namespace')}/${textAt(service, 'name')}` : 'Local'
  }),
  column('Available', 'string', 'Whether it answers', availability),
  AGE,
)

function availability(api: JsonObject): string {
  const condition = objectsAt(api, 'status', 'conditions').find(
    (each) => textAt(each, 'type') === 'Available',
  )
  if (!condition) return 'Unknown'
  const [status, reason] = [textAt(condition, 'status'), textAt(condition, 'reason')]
  return status === 'True' || reason === '' ? status : `${status} (${reason})`
}
