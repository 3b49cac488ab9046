import type { ApiClient } from '../../support/api-client.ts'

/** Nobody should wait longer, however busy the machine that the tests run on is. */
const PATIENCE_MS = 10_000

/** Another client, who asks one thing after the other while somebody attacks, and notes how long the slowest answer took. */
export class Bystander {
  slowestMs = 0
  answers = 0
  #isOver = false

  /** Rejects when the attack fails, or the bystander is not answered. */
  static async during(client: ApiClient, attack: () => Promise<unknown>): Promise<Bystander> {
    const bystander = new Bystander()
    const watching = bystander.#ask(client)
    try {
      await attack()
    } finally {
      bystander.#isOver = true
      await watching
    }
    return bystander
  }

  async #ask(client: ApiClient): Promise<void> {
    do {
      const startedAt = performance.now()
      const signal = AbortSignal.timeout(PATIENCE_MS)
      const { status } = await client.request({ path: '/api/v1/namespaces/default', signal })
      if (status !== 200) throw new Error(`a bystander was answered ${status}`)
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedAt)
      this.answers++
    } while (!this.#isOver)
  }
}
