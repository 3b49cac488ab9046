import { column, type TableColumns, tableOf } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { textAt } from '../members.ts'

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
