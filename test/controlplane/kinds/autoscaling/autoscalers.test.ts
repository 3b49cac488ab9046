import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import { fromAutoscalingV1, toAutoscalingV1 } from '../../../../src/controlplane/kinds/autoscaling/index.ts'
import { versionConversion } from '../../../../src/controlplane/kinds/index.ts'
import type { KubeObject } from '../../../../src/controlplane/registry/index.ts'
import { causesOfCreating, causesOfMerging, createdAs } from '../kind-writer.ts'

const KEY = 'horizontalpodautoscalers.autoscaling'
const scaleTargetRef = { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }
const autoscaler = (spec: object = {}) => ({
  metadata: { name: 'h' },
  spec: { scaleTargetRef, maxReplicas: 3, ...spec },
})
const target = { type: 'Utilization', averageUtilization: 50 }

describe('an autoscaler', () => {
  it('goes by the CPU where nothing is said', async () => {
    const { spec, metadata } = await createdAs(KEY, autoscaler())
    expect(spec).toEqual({
      scaleTargetRef,
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
      ],
    })
    expect((metadata as JsonObject).generation).toBeUndefined()
  })

  it('has rules for both directions where it has any', async () => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } }
    const { spec } = await createdAs(KEY, autoscaler({ behavior }))
    expect(spec).toMatchObject({
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Max',
          policies: [{ value: 4 }, { value: 100 }],
        },
        scaleDown: { stabilizationWindowSeconds: 60, selectPolicy: 'Max', policies: [{ type: 'Percent' }] },
      },
    })
  })

  it.each([
    [
      { minReplicas: 4 },
      ['spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`'],
    ],
    [
      { maxReplicas: 0 },
      [
        'spec.maxReplicas: Invalid value: 0: must be greater than 0',
        'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
      ],
    ],
    [{ scaleTargetRef: { kind: 'D', name: '' } }, ['spec.scaleTargetRef.name: Required value']],
    [
      { metrics: [{ type: 'Resource' }] },
      ['spec.metrics[0].resource: Required value: must populate information for the given metric source'],
    ],
    [
      {
        metrics: [
          {
            type: 'Pods',
            pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '0' } },
          },
        ],
      },
      ['spec.metrics[0].pods.target.averageValue: Invalid value: "0": must be positive'],
    ],
    [
      {
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target },
            pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '1' } },
          },
        ],
      },
      ['spec.metrics[0].pods: Forbidden: must populate the given metric source only'],
    ],
    [
      { behavior: { scaleUp: { policies: [{ type: 'Other', value: 0, periodSeconds: 1801 }] } } },
      [
        'spec.behavior.scaleUp.policies[0].type: Unsupported value: "Other": supported values: "Percent", "Pods"',
        'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
        'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      ],
    ],
  ])('is refused: %j', async (spec, causes) => {
    expect(await causesOfCreating(KEY, autoscaler(spec))).toEqual(causes)
  })

  it('does not count below zero', async () => {
    const causes = await causesOfMerging(KEY, autoscaler(), { status: { desiredReplicas: -1 } }, 'status')
    expect(causes).toEqual(['status.desiredReplicas: Invalid value: -1: must be greater than or equal to 0'])
  })
})

describe('in autoscaling/v1', () => {
  const cpu = (averageUtilization: number) => ({
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
  })
  const inV2 = (spec: object, status: object = {}) =>
    ({
      kind: 'HorizontalPodAutoscaler',
      apiVersion: 'autoscaling/v2',
      metadata: { name: 'h' },
      spec: { scaleTargetRef, maxReplicas: 3, ...spec },
      status: { desiredReplicas: 1, ...status },
    }) as KubeObject

  it('the CPU is a field of its own', () => {
    expect(toAutoscalingV1(inV2({ metrics: [cpu(70)] }))).toEqual({
      kind: 'HorizontalPodAutoscaler',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'h' },
      spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
      status: { desiredReplicas: 1 },
    })
  })

  it('nothing is lost on the way there and back', () => {
    const metric = { type: 'External', external: { metric: { name: 'm' }, target } }
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.option(fc.integer({ min: 1, max: 99 })),
        (hasMetric, hasBehavior, percent) => {
          const metrics = [...(hasMetric ? [metric] : []), ...(percent === null ? [] : [cpu(percent)])]
          const object = inV2(
            {
              ...(metrics.length > 0 ? { metrics } : {}),
              ...(hasBehavior ? { behavior: { scaleUp: { selectPolicy: 'Min' } } } : {}),
            },
            hasBehavior ? { conditions: [{ type: 'ScalingActive', status: 'True' }] } : {},
          )
          expect(fromAutoscalingV1(toAutoscalingV1(object))).toEqual(object)
        },
      ),
    )
  })

  it('annotations that are no JSON carry nothing', () => {
    const v1 = toAutoscalingV1(inV2({}))
    const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '{', other: 'o' }
    const { metadata, spec } = fromAutoscalingV1({ ...v1, metadata: { ...v1.metadata, annotations } })
    expect(metadata).toEqual({ name: 'h', annotations: { other: 'o' } })
    expect(spec).not.toHaveProperty('metrics')
  })

  it('is kept in v2', () => {
    const conversion = versionConversion('autoscaling', 'v1', 'horizontalpodautoscalers')
    expect(conversion).toMatchObject({ storedResource: KEY, storedVersion: 'autoscaling/v2' })
    expect(versionConversion('autoscaling', 'v2', 'horizontalpodautoscalers')).toBeUndefined()
  })
})
