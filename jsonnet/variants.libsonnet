// Renderings that are shipped beside the default one, for those who take files and no Jsonnet.
{
  v2: { flavour: 'v2' },
}
