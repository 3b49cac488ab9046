import type { JobStatus } from './job-shape.ts'

export function hasCondition({ conditions }: JobStatus, type: string, status = 'True'): boolean {
  return (conditions ?? []).some((each) => each.type === type && each.status === status)
}
