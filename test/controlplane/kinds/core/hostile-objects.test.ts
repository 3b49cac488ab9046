import { expect, it } from 'vitest'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import { coreKind, decoded } from './recorded-write.ts'

const MANY = 30_000
const many = <Element>(make: (index: number) => Element) => Array.from({ length: MANY }, (_, i) => make(i))

// What takes the square of these many steps does not end within the time that a test has.
it.each<[string, JsonObject]>([
  ['limitranges', { spec: { limits: many((i) => ({ type: `a.b/${i}` })) } }],
  ['resourcequotas', { spec: { hard: { pods: '1' }, scopes: many((i) => `s${i}`) } }],
  ['services', { spec: { ports: [{ port: 1 }], ipFamilies: many((i) => `f${i}`) } }],
  ['nodes', { spec: { podCIDRs: many((i) => `x${i}`) } }],
  [
    'pods',
    {
      spec: {
        containers: [{ name: 'c', image: 'i' }],
        topologySpreadConstraints: many((i) => ({
          maxSkew: 1,
          topologyKey: `k${i}`,
          whenUnsatisfiable: 'ScheduleAnyway',
        })),
      },
    },
  ],
  [
    'pods',
    {
      spec: {
        containers: [{ name: 'c', image: 'i', resources: { claims: many((i) => ({ name: `c${i}` })) } }],
      },
    },
  ],
])('looks through %s in bounded time', (resource, object) => {
  const { kind, strategy } = coreKind(resource).type
  const sent = decoded({ apiVersion: 'v1', kind, metadata: { name: 'x' }, ...object })
  const prepared = strategy.prepareForCreate(strategy.withDefaults(sent))
  expect(strategy.validate(prepared)).toBeInstanceOf(Array)
  expect(strategy.validateUpdate(prepared, prepared)).toBeInstanceOf(Array)
})
