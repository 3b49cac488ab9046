import { column, type TableColumns, tableOf } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { objectAt, sizeAt, textAt, valueAt } from '../members.ts'

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
