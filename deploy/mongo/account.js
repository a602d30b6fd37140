// Run once, when the server's data is made: the account that the program has. It owns the archive, and a database in
// which a restored backup is looked at; nothing else.
db.getSiblingDB("portalcrawler").createUser({
  user: "portalcrawler",
  pwd: process.env.MONGODB_PASSWORD,
  roles: ["portalcrawler", "portalcrawler_restored"].flatMap((name) => [
    { role: "readWrite", db: name },
    { role: "dbAdmin", db: name },
  ]),
});
