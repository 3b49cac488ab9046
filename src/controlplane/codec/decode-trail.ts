import { MalformedBody } from './malformed-body.ts'
import { type FieldPlan, goTypeOf, type ValuePlan } from './message-plan.ts'
import { MAX_STRICT_ERRORS } from './strict-json.ts'

/** Where in an object a decoder is. Go's errors about types name fields only, those about unknown fields elements as well. */
export class DecodeTrail {
  readonly #fields: FieldPlan[] = []
  readonly #steps: (string | number)[] = []
  readonly #unknown = new Set<string>()

  enterField(field: FieldPlan): void {
    this.#fields.push(field)
    this.#steps.push(field.name)
  }

  leaveField(): void {
    this.#fields.pop()
    this.#steps.pop()
  }

  enterElement(step: string | number): void {
    this.#steps.push(step)
  }

  leaveElement(): void {
    this.#steps.pop()
  }

  noteUnknown(name: string): void {
    if (this.#unknown.size < MAX_STRICT_ERRORS) this.#unknown.add(pathText([...this.#steps, name]))
  }

  get unknownFields(): readonly string[] {
    return [...this.#unknown]
  }

  wrongType(what: string, plan: ValuePlan): MalformedBody {
    const innermost = this.#fields.at(-1)
    const path = this.#fields.map(({ name }) => name).join('.')
    const where = innermost ? `struct field ${innermost.owner}.${path} of` : 'value of'
    return new MalformedBody(`json: cannot unmarshal ${what} into Go ${where} type ${goTypeOf(plan)}`)
  }
}

/** Such as `spec.containers[0].image`. */
export function pathText(path: readonly (string | number)[]): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('')
}
