import { describe, expect, it } from 'vitest'
import type { KubeClient } from '../../../src/kube/index.ts'
import { NotAllowedError } from '../../../src/work/agent/apply/errors.ts'
import { ExecutorCheck, type ExecutorRequest } from '../../../src/work/agent/executor.ts'

const SIGNAL = new AbortController().signal

const REQUEST: ExecutorRequest = {
  executor: { subject: { type: 'ServiceAccount', serviceAccount: { namespace: 'default', name: 'jane' } } },
  definition: { group: '', version: 'v1', plural: 'configmaps', namespaced: true },
  key: { namespace: 'apps', name: 'one' },
  manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } },
  goesWithWork: false,
}

/** A cluster that answers reviews when it is told to, by what is allowed at the moment of asking. */
class Reviews {
  isAllowed = true
  asked = 0
  readonly #answers: (() => void)[] = []

  readonly client = {
    resource: () => ({
      create: () => {
        this.asked += 1
        const status = { allowed: this.isAllowed }
        return new Promise((resolve) => this.#answers.push(() => resolve({ metadata: {}, status })))
      },
    }),
  } as unknown as KubeClient

  answerAll(): void {
    for (const answer of this.#answers.splice(0)) answer()
  }
}

function checkOf(reviews: Reviews): ExecutorCheck {
  const { client } = reviews
  return new ExecutorCheck({ client, impersonate: () => client }, { remembersAnswers: true })
}

describe('an executor whose rights are remembered', () => {
  it('is asked about once', async () => {
    const reviews = new Reviews()
    const check = checkOf(reviews)
    const first = check.verify(REQUEST, SIGNAL)
    reviews.answerAll()
    await first
    const { asked } = reviews
    await check.verify(REQUEST, SIGNAL)
    expect(reviews.asked).toBe(asked)
  })

  it('has no rights by an answer from before they were withdrawn', async () => {
    const reviews = new Reviews()
    const check = checkOf(reviews)
    const early = check.verify(REQUEST, SIGNAL)
    reviews.isAllowed = false
    check.forget()
    reviews.answerAll()
    await early
    const late = check.verify(REQUEST, SIGNAL)
    reviews.answerAll()
    await expect(late).rejects.toBeInstanceOf(NotAllowedError)
  })
})
