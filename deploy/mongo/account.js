// Run once, when the server's data is made: the account that the program has. It owns one database and nothing else.
db.getSiblingDB("portalcrawler").createUser({
  user: "portalcrawler",
  pwd: process.env.MONGODB_PASSWORD,
  roles: ["readWrite", "dbAdmin"],
});
