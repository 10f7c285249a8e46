// A therapist's frontend in miniature: opens a case, pages through the caseload, reads a problem. Compiled, never run:
// it shows that the generated types say what a caller needs to know.
import createClient from "openapi-fetch";
import type { components, paths } from "./api";

type Couple = components["schemas"]["CoupleOut"];
type Problem = components["schemas"]["Problem"];

const client = createClient<paths>({ baseUrl: "/", headers: { Authorization: "Bearer ml_demo_" } });

class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
  }
  at(pointer: string): string | undefined {
    return this.problem.errors.find((error) => error.pointer === pointer)?.hint;
  }
}

export async function openCase(label: string): Promise<Couple> {
  const { data, error } = await client.POST("/v1/couples", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      label,
      partner_a: { name: "A.", language: "en" },
      partner_b: { name: "B.", language: "ur" },
      betrayals: [],
    },
  });
  if (error) throw new Refused(error);
  return data;
}

export async function* cases(): AsyncGenerator<components["schemas"]["CoupleItem"]> {
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = cursor ? { limit: 100, cursor } : { limit: 100 };
    const { data, error } = await client.GET("/v1/couples", { params: { query } });
    if (error) throw new Refused(error);
    yield* data.items;
    cursor = data.next_cursor;
  } while (cursor);
}

export async function rename(couple: Couple, etag: string, label: string): Promise<Couple> {
  const { data, error, response } = await client.PATCH("/v1/couples/{couple_id}", {
    params: { path: { couple_id: couple.id }, header: { "if-match": etag } },
    body: { label },
  });
  if (response.status === 412) throw new Error("somebody was quicker");
  if (error) throw new Refused(error);
  return data;
}
