import assert from "node:assert/strict";
import { test } from "node:test";
import { appInfo, createApp } from "#api/apps.ts";
import { addDomain } from "#api/domains.ts";
import { addTeam, grantAccess, removeMember, setMember } from "#api/teams.ts";
import { addToken } from "#api/tokens.ts";
import { addUser, removeUser } from "#api/users.ts";
import { loaded, walkTo, type World } from "./world.ts";

export function peopleTests({ call, at, stranger, shop, linkFor }: World): void {
  test("a second person sees nothing of an app that is not theirs", async () => {
    await shop();
    await using window = await stranger();
    const { page } = window;
    await call(addTeam, { body: { name: "other" } });
    await call(createApp, { body: { name: "theirs", team: "other" } });
    await page.goto(await linkFor({ name: "bob", team: "other", role: "viewer" }));
    await page.getByRole("heading", { name: "bob", level: 1 }).waitFor();
    await page.getByRole("link", { name: "Apps", exact: true }).click();
    await page.getByRole("link", { name: "theirs", exact: true }).waitFor();
    assert.equal(await page.getByText("shop").count(), 0);
    assert.equal(await page.getByRole("link", { name: "Installation" }).count(), 0);
    await walkTo(page, "/apps/shop");
    await page.getByRole("heading", { name: "shop", level: 1 }).waitFor();
    await page.getByRole("alert").getByText("No app is named shop.").waitFor();
    await walkTo(page, "/activity?show=events");
    await loaded(page);
    const addTo = (target: string, domain: string) =>
      call(addDomain, { params: { target }, body: { domain } });
    await addTo("shop", "others.example.com");
    await addTo("theirs", "bobs.example.com");
    await page.getByRole("listitem").filter({ hasText: "bobs.example.com" }).first().waitFor();
    assert.equal(await page.getByRole("listitem").filter({ hasText: "shop" }).count(), 0);
    await walkTo(page, "/apps/theirs");
    await page.getByRole("heading", { name: "theirs", level: 1 }).waitFor();
    assert.equal(await page.getByRole("link", { name: "Config vars" }).count(), 0);
    await page.getByRole("link", { name: "Limits" }).click();
    await page.getByLabel("Memory in MB").first().waitFor();
    assert.equal(await page.getByRole("button", { name: "Set limits" }).count(), 0);
    assert.equal(await page.getByRole("link", { name: "Terminal" }).count(), 0);

    await walkTo(page, "/account");
    const tokens = page.getByRole("region", { name: "Tokens for programs" });
    await tokens.getByText("No token yet.").waitFor();
    await call(addToken, { body: { user: "bob", name: "elsewhere" } });
    await tokens.getByRole("listitem").filter({ hasText: "elsewhere" }).waitFor();
    await walkTo(page, "/");
    await page.getByRole("link", { name: "theirs", exact: true }).waitFor();
    await call(removeMember, { params: { team: "other", user: "bob" } });
    await page.getByRole("link", { name: "theirs", exact: true }).waitFor({ state: "detached" });
    await call(removeUser, { params: { user: "bob" } });
    await page.getByRole("heading", { name: "Sign in to Berth" }).waitFor();
  });

  test("what others change of people, teams and roles is seen as they do", async () => {
    await shop();
    const page = await at("/people");
    const rowOf = (region: string, text: string) =>
      page
        .getByRole("region", { name: region, exact: true })
        .getByRole("listitem")
        .filter({ hasText: text });
    await loaded(page);
    await call(addUser, { body: { name: "late" } });
    await rowOf("People", "late").waitFor();
    await call(setMember, { params: { team: "main", user: "late" }, body: { role: "viewer" } });
    await rowOf("Team main", "late").waitFor();
    await walkTo(page, "/audit");
    await page.getByText("teams.grant").first().waitFor();
    await walkTo(page, "/apps/shop/settings");
    await rowOf("People", "late").filter({ hasText: "through the team main" }).waitFor();
    const own = { params: { app: "shop", user: "late" } };
    await call(grantAccess, { ...own, body: { role: "deployer" } });
    await rowOf("People", "late").filter({ hasText: "for this app alone" }).waitFor();
    await call(removeUser, { params: { user: "late" } });
    await rowOf("People", "late").first().waitFor({ state: "detached" });
  });

  test("somebody else's session is ended where people are", async () => {
    await using window = await stranger();
    await window.page.goto(await linkFor({ name: "guest" }));
    await window.page.getByRole("heading", { name: "guest", level: 1 }).waitFor();
    const people = (await at("/people")).getByRole("region", { name: "People", exact: true });
    const guest = people.getByRole("listitem").filter({ hasText: "guest" }).first();
    await guest.getByText(/^Sessions/).click();
    await guest.getByRole("button", { name: "End this session" }).click();
    await window.page.getByRole("heading", { name: "Sign in to Berth" }).waitFor();
    await guest.getByText("Nowhere.").waitFor();
  });

  test("a person, a team, a role for one app and a token are made and taken away", async () => {
    await shop();
    const page = await at("/people");
    await page.getByLabel("Name of the team").fill("crew");
    await page.getByRole("button", { name: "Make team" }).click();
    const crew = page.getByRole("region", { name: "Team crew" });
    await crew.waitFor();
    await page.getByRole("region", { name: "Add a person" }).getByLabel("Name").fill("eve");
    await page.getByRole("button", { name: "Add person" }).click();
    await page.getByRole("list", { name: "Sign-in link for eve" }).waitFor();
    await crew.getByLabel("Put into crew").fill("eve");
    await crew.getByRole("button", { name: "Give role" }).click();
    await crew.getByRole("listitem").filter({ hasText: "eve" }).waitFor();

    await walkTo(page, "/new");
    await page.getByLabel("Name of the app").fill("crews");
    await page.getByLabel("Team that it belongs to").selectOption("crew");
    await page.getByRole("button", { name: "Create app" }).click();
    await page.getByRole("heading", { name: "crews", level: 1 }).waitFor();
    assert.equal((await call(appInfo, { params: { app: "crews" } })).team, "crew");

    await walkTo(page, "/apps/shop/settings");
    const people = page.getByRole("region", { name: "People" });
    await people.getByLabel("For this app alone").fill("eve");
    await people.getByRole("button", { name: "Give role" }).click();
    const role = people.getByRole("listitem").filter({ hasText: "eve" });
    await role.getByText("for this app alone").waitFor();
    await role.getByRole("button", { name: "Take back" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take back" }).click();
    await role.waitFor({ state: "detached" });

    await people.getByLabel("Team that it belongs to").selectOption("crew");
    await people.getByRole("button", { name: "Hand over to crew" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Hand over to crew" }).click();
    await people.getByText("through the team crew").waitFor();
    const outside = page.getByRole("region", { name: "Connections to the outside" });
    await outside.getByRole("button", { name: "Close" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await outside.getByRole("button", { name: "Open them" }).click();
    await outside.getByRole("button", { name: "Close" }).waitFor();

    await walkTo(page, "/account");
    const tokens = page.getByRole("region", { name: "Tokens for programs" });
    await tokens.getByLabel("Name", { exact: true }).fill("ci");
    await tokens.getByLabel("Whose").selectOption("eve");
    await tokens.getByLabel("Good for").selectOption("app shop");
    await tokens.getByRole("button", { name: "Make token" }).click();
    await tokens.getByRole("list", { name: "Token ci" }).waitFor();
    const token = tokens.getByRole("listitem").filter({ hasText: "app shop only" });
    await token.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await token.waitFor({ state: "detached" });
  });
}
