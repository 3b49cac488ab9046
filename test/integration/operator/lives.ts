import { until } from '../../support/until.ts'
import { AgentLife } from '../work/agent-life.ts'

/** Where an operator can be started again and again. */
interface OperatorHost {
  startOperator(setting: { readonly life: AgentLife }): void
  stopOperator(): Promise<void>
}

/** Starts one operator after the other, each of which is killed after some writes. Resolves with how many there were. */
export async function livesUntil(
  host: OperatorHost,
  isDone: () => Promise<boolean>,
  mostWrites: number,
): Promise<number> {
  for (let lives = 1; ; lives += 1) {
    const life = new AgentLife({ mostWrites })
    host.startOperator({ life })
    await until(async () => life.isOver || (await isDone()), 'it has written, or is done')
    await host.stopOperator()
    if (!life.isOver) return lives
  }
}
