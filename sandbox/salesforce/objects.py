"""Every object of the org: the standard ones, and those about its set-up."""

from typing import Final

from sandbox.salesforce.schema import STANDARD, make_object

# Rows about the org's set-up. EntityDefinition and FieldDefinition answer through the REST API as well.
TOOLING: Final = (
    make_object(
        "InstalledSubscriberPackage",
        "0A3",
        "Id id; SubscriberPackageId reference SubscriberPackage SubscriberPackage;"
        "SubscriberPackageVersionId reference SubscriberPackageVersion SubscriberPackageVersion;"
        "MinPackageVersionId reference SubscriberPackageVersion",
        is_tooling=True,
    ),
    make_object(
        "SubscriberPackage",
        "033",
        "Id id; Name string:255; NamespacePrefix string:15; Description string:255; IsPackageValid boolean",
        is_tooling=True,
    ),
    make_object(
        "SubscriberPackageVersion",
        "04t",
        "Id id; SubscriberPackageId reference SubscriberPackage SubscriberPackage; Name string:255; MajorVersion int;"
        "MinorVersion int; PatchVersion int; BuildNumber int; IsManaged boolean; IsBeta boolean; IsDeprecated boolean;"
        "ReleaseState picklist; IsPasswordProtected boolean; IsSecurityReviewed boolean;"
        "Package2ContainerOptions picklist",
        is_tooling=True,
    ),
    make_object(
        "Publisher",
        "0Pb",
        "Id id; DurableId string:255; Name string:255; NamespacePrefix string:15; MajorVersion int; MinorVersion int;"
        "IsSalesforce boolean",
        is_tooling=True,
    ),
    make_object(
        "RemoteProxy",
        "0rp",
        "Id id; SiteName string:80; EndpointUrl url; IsActive boolean; DisableProtocolSecurity boolean;"
        "Description string:255; NamespacePrefix string:15; DeveloperName string:80",
        plural="Remote Site Settings",
        is_tooling=True,
    ),
    make_object(
        "Layout",
        "00h",
        "Id id; Name string:255; EntityDefinitionId string:255; TableEnumOrId string:255; NamespacePrefix string:15;"
        "FullName string:255; Metadata complexvalue",
        is_tooling=True,
    ),
    make_object(
        "ProfileLayout",
        "01G",
        "Id id; LayoutId reference Layout Layout; ProfileId reference Profile Profile;"
        "RecordTypeId reference RecordType RecordType; TableEnumOrId string:255",
        is_tooling=True,
    ),
    make_object(
        "SearchLayout",
        "0SL",
        "Id id; DurableId string:255; EntityDefinitionId string:255; LayoutType string:255;"
        "ButtonsDisplayed complexvalue",
        is_tooling=True,
    ),
    make_object(
        "EmailAdministrationSettings",
        "0ES",
        "Id id; FullName string:255; Metadata complexvalue",
        plural="Email Administration Settings",
        is_tooling=True,
    ),
    make_object(
        "FlexiPage",
        "0M0",
        "Id id; DeveloperName string:80; MasterLabel string:80; NamespacePrefix string:15; Type picklist;"
        "EntityDefinitionId string:255; Description string:255; FullName string:255; Metadata complexvalue",
        is_tooling=True,
    ),
    make_object(
        "ApexClass", "01p", "Id id; Name string:255; NamespacePrefix string:15; Status picklist", plural="Apex Classes"
    ),
)
DEFINITIONS: Final = (
    make_object(
        "EntityDefinition",
        "000",
        "Id id; DurableId string:255; QualifiedApiName string:255; DeveloperName string:255; NamespacePrefix string:15;"
        "Label string:80; DeploymentStatus picklist; KeyPrefix string:3; IsCustomizable boolean;"
        "RecordTypesSupported complexvalue",
    ),
    make_object(
        "FieldDefinition",
        "000",
        "Id id; DurableId string:255; EntityDefinitionId reference EntityDefinition EntityDefinition;"
        "QualifiedApiName string:255; DeveloperName string:255; NamespacePrefix string:15; Label string:255;"
        "DataType string:255; Length int",
    ),
    make_object(
        "EntityParticle",
        "000",
        "Id id; DurableId string:255; EntityDefinitionId reference EntityDefinition EntityDefinition;"
        "QualifiedApiName string:255; DeveloperName string:255; NamespacePrefix string:15; Label string:255;"
        "DataType string:255; Length int",
    ),
)

TOOLING_ONLY: Final = frozenset(item.name for item in TOOLING if item.is_tooling)
OBJECTS: Final = {item.name.lower(): item for item in (*STANDARD, *TOOLING, *DEFINITIONS)}
