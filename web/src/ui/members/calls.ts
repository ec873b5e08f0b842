/** The calls about members, typed as spec/api.md has them. */

import type { Api } from "../../engine/api/api";
import type { Page } from "../../engine/api/types";
import type { Language } from "../../engine/messages";
import type { Role } from "../frame";

export const ROLES: readonly Role[] = ["member", "approver", "auditor", "admin"];

/** One account. `invitation_token` only in the answer to an invitation. */
export interface Member {
  readonly id: string;
  readonly version: number;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly language: string;
  readonly state: "invited" | "active" | "removed";
  readonly totp: boolean;
  readonly created_at: string;
  readonly invitation_token?: string;
}

/** Whom to invite, and as what. */
export interface Invitation {
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly language: Language;
}

const PATH = "/auth/v1/members";

export async function membersPage(api: Api, cursor?: string): Promise<Page<Member>> {
  return (await api.get(PATH, { cursor, limit: 200 })) as unknown as Page<Member>;
}

/** The same key answers as the first time did, so that one press makes one account. */
export async function invite(api: Api, invitation: Invitation, key: string): Promise<Member> {
  return (await api.post(PATH, { ...invitation }, { key })) as unknown as Member;
}

/** Rejects with Refused("version_changed") where somebody else changed it meanwhile. */
export async function changeMember(
  api: Api,
  member: Member,
  change: { name: string; roles: readonly Role[]; language: Language },
): Promise<Member> {
  const options = { body: { ...change }, version: member.version };
  return (await api.call("PATCH", `${PATH}/${member.id}`, options)) as unknown as Member;
}

export async function removeMember(api: Api, id: string): Promise<void> {
  await api.call("DELETE", `${PATH}/${id}`);
}
