import type { JsonObject } from '../../api/json.ts'
import { type Cell, column, type TableColumns, tableOf } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { booleanAt, numberAt, objectAt, objectsAt, sizeAt, textAt, valueAt } from '../members.ts'

export const LEASES: TableColumns = tableOf(
  NAME,
  column(
    'Holder',
    'string',
    'holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.',
    (lease) => textAt(lease, 'spec', 'holderIdentity'),
  ),
  AGE,
)

export const PRIORITY_CLASSES: TableColumns = tableOf(
  NAME,
  column('Value', 'integer', 'The priority of its pods', (each) => numberAt(each, 'value')),
  column('Global-Default', 'boolean', 'Whether pods that name no class have this one', (each) =>
    booleanAt(each, 'globalDefault'),
  ),
  AGE,
  column('PreemptionPolicy', 'string', 'Whether its pods drive others away', (each) =>
    textAt(each, 'preemptionPolicy'),
  ),
)

export const RUNTIME_CLASSES: TableColumns = tableOf(
  NAME,
  column('Handler', 'string', 'What the runtime calls it', (each) => textAt(each, 'handler')),
  AGE,
)

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

/** In a list they stand in the order in which they are tried. */
export const FLOW_SCHEMAS: TableColumns = {
  ...tableOf(
    NAME,
    column('PriorityLevel', 'string', 'Where its requests wait', (schema) =>
      textAt(schema, 'spec', 'priorityLevelConfiguration', 'name'),
    ),
    column('MatchingPrecedence', 'string', 'The least is tried first', precedence),
    column(
      'DistinguisherMethod',
      'string',
      'What divides its requests into flows',
      (schema) => textAt(schema, 'spec', 'distinguisherMethod', 'type') || '<none>',
    ),
    AGE,
    column('MissingPL', 'string', 'Whether its priority level is not there', (schema) => {
      const dangling = objectsAt(schema, 'status', 'conditions').find(
        (condition) => textAt(condition, 'type') === 'Dangling',
      )
      return dangling ? textAt(dangling, 'status') : '?'
    }),
  ),
  order: (one, other) =>
    precedence(one) - precedence(other) ||
    (textAt(one, 'metadata', 'name') < textAt(other, 'metadata', 'name') ? -1 : 1),
}

export const PRIORITY_LEVEL_CONFIGURATIONS: TableColumns = tableOf(
  NAME,
  column('Type', 'string', 'Whether requests are limited', (level) => textAt(level, 'spec', 'type')),
  column(
    'NominalConcurrencyShares',
    'string',
    'Its part of all requests at a time',
    limit('nominalConcurrencyShares'),
  ),
  column('Queues', 'string', 'How many queues it has', limit('limitResponse', 'queuing', 'queues')),
  column('HandSize', 'string', 'How many of them a flow gets', limit('limitResponse', 'queuing', 'handSize')),
  column(
    'QueueLengthLimit',
    'string',
    'How many requests wait in a queue',
    limit('limitResponse', 'queuing', 'queueLengthLimit'),
  ),
  AGE,
)

/** Of device classes and of templates of resource claims. */
export const NAME_AND_AGE: TableColumns = tableOf(NAME, AGE)

export const RESOURCE_CLAIMS: TableColumns = tableOf(
  NAME,
  column('State', 'string', 'How far it has come', (claim) => {
    const isDeleted = Boolean(valueAt(claim, 'metadata', 'deletionTimestamp'))
    const isReserved = sizeAt(claim, 'status', 'reservedFor') > 0
    const states = objectAt(claim, 'status', 'allocation')
      ? ['allocated', ...(isReserved ? ['reserved'] : [])]
      : isDeleted
        ? []
        : ['pending']
    return [...(isDeleted ? ['deleted'] : []), ...states].join(',')
  }),
  AGE,
)

export const RESOURCE_SLICES: TableColumns = tableOf(
  NAME,
  column('Node', 'string', 'The node that has the devices', (slice) => textAt(slice, 'spec', 'nodeName')),
  column('Driver', 'string', 'The driver of the devices', (slice) => textAt(slice, 'spec', 'driver')),
  column('Pool', 'string', 'The pool that they belong to', (slice) => textAt(slice, 'spec', 'pool', 'name')),
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

function precedence(flowSchema: JsonObject): number {
  return numberAt(flowSchema, 'spec', 'matchingPrecedence')
}

/** What only a limited level has, and of it what stands at `path`. */
function limit(...path: readonly string[]): Cell {
  return (level) => {
    const holder = objectAt(level, 'spec', 'limited', ...path.slice(0, -1))
    return holder ? numberAt(holder, ...path.slice(-1)) : '<none>'
  }
}
