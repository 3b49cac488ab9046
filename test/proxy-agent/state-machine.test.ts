import { describe, expect, it } from 'vitest'
import { LINK_TRANSITIONS, type LinkState } from '../../src/proxy-agent/link-state.ts'
import { StateMachine } from '../../src/proxy-agent/state-machine.ts'

const states = Object.keys(LINK_TRANSITIONS) as LinkState[]
const pairs = states.flatMap((from) => states.map((to) => [from, to] as const))

describe('the states of a link', () => {
  it.each(pairs)('%s to %s only as the table says', (from, to) => {
    const machine = new StateMachine<LinkState>(LINK_TRANSITIONS, from)
    const allowed: readonly LinkState[] = LINK_TRANSITIONS[from]
    if (allowed.includes(to)) {
      expect(machine.transition(from, to)).toBe(true)
      expect(machine.current).toBe(to)
    } else {
      expect(() => machine.transition(from, to)).toThrow(`no transition from ${from} to ${to}`)
      expect(machine.current).toBe(from)
    }
  })

  it('drops what comes too late', () => {
    const entered: string[] = []
    const machine = new StateMachine<LinkState>(LINK_TRANSITIONS, 'idle', (state) => entered.push(state))
    machine.transition('idle', 'connecting')
    machine.transition('connecting', 'closed')
    expect(machine.transition('connecting', 'ready')).toBe(false)
    expect(entered).toEqual(['connecting', 'closed'])
  })

  it('are those of docs/protocol.md', async () => {
    const { readFile } = await import('node:fs/promises')
    const document = await readFile(new URL('../../docs/protocol.md', import.meta.url), 'utf8')
    const [, section = ''] = document.split("The agent's stream to one server:")
    const rows = section.split('## 3.')[0]?.matchAll(/^\| `(\w+)` \|([^|]*)\|/gm) ?? []
    const documented = Object.fromEntries(
      Array.from(rows, ([, state = '', list = '']) => [
        state,
        Array.from(list.matchAll(/`(\w+)`/g), ([, to]) => to),
      ]),
    )
    expect(LINK_TRANSITIONS).toEqual(documented)
  })
})
