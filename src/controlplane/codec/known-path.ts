import { type FieldPlan, type MessagePlan, planOf, type ValuePlan } from './message-plan.ts'
import type { JsonPath } from './strict-json.ts'

/** Whether a path leads to a value that is read by its type: nobody minds what is in unknown fields, or in values of any type. */
export function isKnownPath(typeId: string, path: JsonPath): boolean {
  let plan: ValuePlan | undefined = { kind: 'message', plan: planOf(typeId) }
  for (const step of path) {
    if (!plan) return false
    plan = stepInto(plan, step)
  }
  return plan !== undefined
}

function stepInto(plan: ValuePlan, step: string | number): ValuePlan | undefined {
  if (plan.kind === 'list') return typeof step === 'number' ? plan.element : undefined
  if (plan.kind === 'map') return typeof step === 'string' ? plan.value : undefined
  if (plan.kind !== 'message') return undefined
  const { plan: message } = plan
  switch (message.form) {
    case 'object':
      return typeof step === 'string' ? fieldOf(message, step)?.value : undefined
    case 'list':
      return stepInto((message.fields[0] as FieldPlan).value, step)
    case 'union': {
      const list = message.fields.find(({ value }) => value.kind === 'list')?.value
      const schema = fieldOf(message, 'schema')?.value
      const chosen = typeof step === 'number' ? list : schema
      return chosen && stepInto(chosen, step)
    }
  }
}

function fieldOf(message: MessagePlan, name: string): FieldPlan | undefined {
  const index = message.indexByName.get(name)
  return index === undefined ? undefined : message.fields[index]
}
