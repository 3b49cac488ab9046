import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AnyObject, ControllersBench } from './controllers-bench.ts'

const POLICIES = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingadmissionpolicies',
  namespaced: false,
}

let bench: ControllersBench

beforeAll(async () => {
  bench = await ControllersBench.start(['validatingadmissionpolicy-status-controller'])
})

afterAll(() => bench.close())

const untilObserved = (generation: number) =>
  bench.until(POLICIES, {}, (all) => all.get('p')?.status?.observedGeneration === generation)

it('tells which generation of a policy is in force, also of one that has changed while nobody looked', async () => {
  const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }
  await bench.resource(POLICIES).create({
    metadata: { name: 'p' },
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] },
  } as unknown as AnyObject)
  await untilObserved(1)
  const change = (expression: string) => ({
    type: 'merge' as const,
    body: { spec: { validations: [{ expression }] } },
  })
  await bench.resource(POLICIES).patch({ name: 'p' }, change('1 == 1'))
  const policies = await untilObserved(2)
  expect(policies.get('p')?.metadata.managedFields).toContainEqual(
    expect.objectContaining({
      manager: 'validatingadmissionpolicy-status',
      operation: 'Apply',
      subresource: 'status',
    }),
  )
  await bench.stopControllers()
  await bench.resource(POLICIES).patch({ name: 'p' }, change('2 == 2'))
  await bench.startControllers()
  await untilObserved(3)
})
