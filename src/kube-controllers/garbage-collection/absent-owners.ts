import { type Identity, identityText } from './identity.ts'

/** Kubernetes'. */
const MOST = 500

/**
 * Objects that are known not to be there, so that each of a thousand dependents need not ask for its owner. What is gone does
 * not come back: another object of the name has another uid.
 */
export class AbsentOwners {
  readonly #texts = new Set<string>()

  add(identity: Identity): void {
    const text = identityText(identity)
    this.#texts.delete(text)
    this.#texts.add(text)
    if (this.#texts.size <= MOST) return
    const oldest = this.#texts.keys().next()
    if (!oldest.done) this.#texts.delete(oldest.value)
  }

  has(identity: Identity): boolean {
    return this.#texts.has(identityText(identity))
  }
}
