import { describe, expect, it } from 'vitest'
import {
  type PodTemplateSpec,
  podTemplateDefaults,
  podTemplateErrors,
} from '../../../../src/controlplane/kinds/pod/index.ts'
import type { KubeObject } from '../../../../src/controlplane/registry/index.ts'
import { recordedExchange } from '../../../support/recorded-apiserver.ts'

function template(object: unknown): PodTemplateSpec {
  return (object as KubeObject & { spec: { template: PodTemplateSpec } }).spec.template
}

describe('a pod template as a real kube-apiserver treats it', () => {
  it('has the defaults filled in, and nothing wrong', () => {
    const { request, response } = recordedExchange('create deployment (defaulting)')
    const expected = template(response.body)
    const filled = podTemplateDefaults(template(request.body))
    // What Go writes though it is empty is left to whoever writes the object.
    const containers = filled.spec?.containers?.map((container) => ({ resources: {}, ...container }))
    expect({ ...filled, spec: { ...filled.spec, containers } }).toEqual(expected)
    expect(podTemplateErrors(filled, 'spec.template')).toEqual([])
  })

  it('needs containers', () => {
    const { request, response } = recordedExchange('create deployment missing selector and containers')
    const { details } = response.body as { details: { causes: { field: string }[] } }
    const filled = podTemplateDefaults(template(request.body))
    expect(podTemplateErrors(filled, 'spec.template')).toEqual(
      details.causes.filter(({ field }) => field.startsWith('spec.template.spec')),
    )
  })
})
