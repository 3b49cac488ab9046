import type { JsonObject } from '../../api/json.ts'
import { type Cell, column, type TableColumns, tableOf } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { numberAt, objectAt, objectsAt, textAt } from '../members.ts'

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
