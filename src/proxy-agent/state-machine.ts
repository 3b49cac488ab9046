/** For each state the states that it may become. */
export type TransitionTable<State extends string> = Readonly<Record<State, readonly State[]>>

/**
 * A state, and the one door through which it changes.
 *
 * Invariant: only transitions of the table happen, and only from the state that the caller believed in. `onEnter` is told
 * of each, which is where effects belong.
 */
export class StateMachine<State extends string> {
  readonly #table: TransitionTable<State>
  readonly #onEnter: (state: State, from: State, reason: string) => void
  #current: State

  constructor(
    table: TransitionTable<State>,
    initial: State,
    onEnter: (state: State, from: State, reason: string) => void = () => {},
  ) {
    this.#table = table
    this.#current = initial
    this.#onEnter = onEnter
  }

  get current(): State {
    return this.#current
  }

  is(...states: readonly State[]): boolean {
    return states.includes(this.#current)
  }

  /** Moves to `to` if the state is one of `from`; otherwise returns false: what came too late ends here. */
  transition(from: State | readonly State[], to: State, reason = ''): boolean {
    const current = this.#current
    const expected: readonly State[] = typeof from === 'string' ? [from] : from
    if (!expected.includes(current)) return false
    if (!this.#table[current].includes(to)) throw new Error(`no transition from ${current} to ${to}`)
    this.#current = to
    this.#onEnter(to, current, reason)
    return true
  }
}
