import { column, type TableColumns, tableOf } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { booleanAt, numberAt, textAt } from '../members.ts'

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
